import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { startGen2 } from "../../../local/gen2/gen2.ts";
import { type Ask, asking, temporaryFolder } from "./asking.ts";

type Step = { readonly line: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string };

const path = fc
  .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 })
  .map((names) => `/fs1/${names.join("/")}`);
const body = fc.constantFrom("", "x", "yy");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ path, body }).map((made) => ({
    line: `PUT ${made.path}`,
    headers: { "x-ms-blob-type": "BlockBlob", "x-ms-meta-k": "v" },
    body: made.body,
  })),
  path.map((at) => ({ line: `PUT ${at}?resource=directory`, headers: { "x-ms-permissions": "0777" } })),
  path.map((at) => ({ line: `PUT ${at}?resource=file`, headers: { "x-ms-owner": "o1" } })),
  fc
    .record({ path, body })
    .map((made) => ({ line: `PATCH ${made.path}?action=append&position=0&flush=true`, headers: {}, body: made.body })),
  fc
    .record({ path, recursive: fc.boolean() })
    .map((made) => ({ line: `DELETE ${made.path}?recursive=${made.recursive}`, headers: {} })),
  fc
    .record({ from: path, to: path })
    .map(({ from, to }) => ({ line: `PUT ${to}?mode=legacy`, headers: { "x-ms-rename-source": from } })),
  path.map((at) => ({
    line: `PATCH ${at}?action=setAccessControl`,
    headers: { "x-ms-acl": "user::rwx,user:u1:r-x,group::r-x,other::---" },
  })),
  fc
    .record({ path, body: fc.constantFrom("1", "22") })
    .map((made) => ({ line: `PUT ${made.path}?comp=block&blockid=MDAx`, headers: {}, body: made.body })),
  path.map((at) => ({
    line: `PUT ${at}?comp=blocklist`,
    headers: {},
    body: "<BlockList><Latest>MDAx</Latest></BlockList>",
  })),
);

test("both stores answer any sequence of requests alike, and the one on disk keeps its state over a restart", async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      const root = temporaryFolder(context);
      const memory = await startGen2({ store: "memory" });
      const files = await startGen2({ store: "files", root, maxItems: 3 });
      const answers = await Promise.all([asking(memory), asking(files)].map((ask) => play(ask, steps)));
      assert.deepEqual(answers[1], answers[0]);
      const state = await memory.dump();
      assert.deepEqual(await files.dump(), state);
      await Promise.all([memory.close(), files.close()]);
      const again = await startGen2({ store: "files", root });
      assert.deepEqual(await again.dump(), state);
      await again.close();
    }),
    { numRuns: 15 },
  );
});

async function play(ask: Ask, steps: readonly Step[]): Promise<readonly number[]> {
  const answers = [(await ask("PUT /fs1?resource=filesystem")).status];
  for (const { line, headers, body } of steps) answers.push((await ask(line, headers, body)).status);
  return answers;
}
