// Caps that can't be are refused at every door, before anything is kept or asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { preflight } from "../../src/app/preflight.ts";
import type { Problem } from "../../src/cli/api.ts";
import { said } from "../cli/kit.ts";
import { type MemoryApi, memoryApi, memoryUrl } from "../kit/memoryApi.ts";
import { appOver } from "../kit/testApp.ts";

type Side = "source" | "sink";

// What is asked for, and what the answer says of it; the app of these tests has 96 connections.
const wrong: readonly (readonly [cap: string, value: unknown, says: RegExp])[] = [
  ["maxRequestsPerSecond", 0, /^expected a number above 0$/u],
  ["maxRequestsPerSecond", -5, /above 0/u],
  ["maxRequestsPerSecond", 1_000_001, /at most 1,000,000/u],
  ["maxRequestsPerSecond", "many", /number/u],
  ["maxMegabytesPerSecond", 0, /above 0/u],
  ["maxMegabytesPerSecond", -0.5, /above 0/u],
  ["maxConcurrentConnections", 0, /^expected at least 1$/u],
  ["maxConcurrentConnections", -1, /at least 1/u],
  ["maxConcurrentConnections", 1.5, /int/u],
  ["maxConcurrentConnections", 513, /at most 512/u],
  ["maxConcurrentConnections", 97, /^97 is more than the 96 connections of this app; .* Lakeferry__connections$/u],
];

const sides: readonly Side[] = ["source", "sink"];
const body = (side: Side, caps: object) => {
  const all = { source: {}, sink: { fileSystem: "lake" } };
  return { ...all, [side]: { ...all[side], ...caps } };
};

type Door = {
  readonly name: string;
  readonly sides: readonly Side[];
  /** What stands before the field in the answer. */
  readonly before?: string;
  readonly ask: (api: MemoryApi, side: Side, caps: object) => Promise<{ status: number; problem: Problem }>;
};

async function sent(api: MemoryApi, method: string, path: string, json: unknown) {
  const reply = await api.fetch(`${memoryUrl}/api${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(json),
  });
  return { status: reply.status, problem: (await reply.json()) as Problem };
}

const doors: readonly Door[] = [
  { name: "POST /migrations", sides, ask: (api, side, caps) => sent(api, "POST", "/migrations", body(side, caps)) },
  {
    name: "PATCH /migrations/{id}",
    sides,
    ask: async (api, side, caps) => {
      await sent(api, "POST", "/migrations", { ...body("sink", {}), id: "live" });
      return sent(api, "PATCH", "/migrations/live", { [side]: caps });
    },
  },
  { name: "POST /audits", sides, ask: (api, side, caps) => sent(api, "POST", "/audits", body(side, caps)) },
  {
    name: "POST /assessments",
    sides: ["source"],
    ask: (api, side, caps) => sent(api, "POST", "/assessments", { [side]: caps }),
  },
  {
    name: "PUT /schedules/{name}",
    sides,
    before: "request.",
    ask: (api, side, caps) =>
      sent(api, "PUT", "/schedules/nightly", { cron: "0 0 2 * * *", request: body(side, caps) }),
  },
  {
    name: "POST /preflight",
    sides,
    ask: async (api, side, caps) => {
      const { status, body: answer } = await preflight(appOver(api), body(side, caps));
      return { status, problem: answer as Problem };
    },
  },
];

for (const { name, sides: own, before = "", ask } of doors) {
  test(`${name} answers 400 and the limit to caps of nothing, of no number, and of more than can be`, async () => {
    const api = memoryApi();
    api.source.write("/a", "a");
    for (const side of own) {
      for (const [cap, value, says] of wrong) {
        const { status, problem } = await ask(api, side, { [cap]: value });
        const about = `${side}.${cap} ${JSON.stringify(value)}: ${JSON.stringify(problem)}`;
        assert.equal(status, 400, about);
        assert.equal(problem.code, "request-invalid", about);
        const [error, ...more] = problem.errors ?? [];
        assert.equal(error?.field, `${before}${side}.${cap}`, about);
        assert.match(error.message, says, about);
        assert.deepEqual(more, []);
      }
    }
    const { runs } = await api.ferry.runs.list();
    const kept = runs.map(({ id, caps }) => [id, caps]);
    assert.deepEqual(kept, name.startsWith("PATCH") ? [["live", undefined]] : []);
  });
}

test("the command says the same, and ends with 2", async () => {
  const { fetch } = memoryApi();
  await said("start --file-system lake --id live --detach", { fetch });
  const commands = [
    "start --file-system lake --set sink.maxConcurrentConnections=97",
    "change live --set sink.maxConcurrentConnections=97",
    "audit --file-system lake --set sink.maxConcurrentConnections=97",
    "schedule set nightly --cron 0_0_2_*_*_* --set request.sink.fileSystem=lake --set request.sink.maxConcurrentConnections=97",
  ];
  for (const command of commands) {
    const line = command.split(" ").map((word) => (word.includes("_2_") ? word.replaceAll("_", " ") : word));
    const { code, err } = await said(line, { fetch });
    assert.equal(code, 2, `${command}: ${err}`);
    assert.match(err, /sink\.maxConcurrentConnections: 97 is more than the 96 connections of this app/u);
  }
  const assess = await said("assess --set source.maxRequestsPerSecond=0", { fetch });
  assert.deepEqual([assess.code, /above 0/u.test(assess.err)], [2, true], assess.err);
});
