// Orchestrations that are under way when a new version is deployed are replayed by it: what they asked for has to be asked
// for again, by the same names and in the same order. Recorded by node test/flow/record.ts, with real activities.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { History } from "./record.ts";
import { round } from "./round.ts";

const folder = fileURLToPath(new URL("histories", import.meta.url));
const hostJson = fileURLToPath(new URL("../../host.json", import.meta.url));
const { extensions } = JSON.parse(readFileSync(hostJson, "utf8")) as {
  readonly extensions: { readonly durableTask: { readonly defaultVersion: string } };
};
const histories = new Map(
  globSync("*.json", { cwd: folder }).map((file) => [
    basename(file, ".json"),
    JSON.parse(readFileSync(join(folder, file), "utf8")) as readonly History[],
  ]),
);
const hint =
  "the orchestrator asks for other activities than before: raise defaultVersion in host.json, let it go on as before for older versions, and record a history of the new one (node test/flow/record.ts)";

test("there are histories of the version that host.json gives to new orchestrations", () => {
  assert.ok((histories.get(extensions.durableTask.defaultVersion)?.length ?? 0) > 5);
});

for (const [version, rounds] of histories) {
  test(`what an orchestration of version ${version} has asked for is asked for again`, async () => {
    for (const { name, input, asked, continues } of rounds) {
      let at = 0;
      const { next } = await round(input, async (now) => {
        const then = asked[at++];
        assert.equal(now.name, then?.name, `${name}: ${hint}`);
        if (then !== undefined && "throws" in then) throw new Error(then.throws);
        return then?.result;
      });
      assert.equal(at, asked.length, `${name}: ${hint}`);
      assert.equal(next !== undefined, continues, `${name}: ${hint}`);
    }
  });
}
