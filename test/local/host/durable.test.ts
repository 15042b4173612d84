import assert from "node:assert/strict";
import { test } from "node:test";
import { common, rig } from "./kit.ts";

test("an orchestration calls activities one after the other and all at once", async () => {
  const { run } = await rig(`${common}
    df.app.orchestration("two", function* (context) {
      const first = yield context.df.callActivity("echo", { n: 1 });
      const rest = yield context.df.Task.all([2, 3].map((n) => context.df.callActivity("echo", n)));
      return [first, ...rest];
    });
  `);
  const { runtimeStatus, output } = await run("two");
  assert.deepEqual([runtimeStatus, output], ["Completed", [{ n: 1 }, 2, 3]]);
});
