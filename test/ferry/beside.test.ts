import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ferry } from "../../src/ferry/ferry.ts";
import { addRun, drive, requestOf, testFerry } from "../kit/testFerry.ts";

const listings = 4;

test("folders that lie beside each other are made at the same time, and each before anything in it is listed", async () => {
  const { ferry, source, sink, clock } = testFerry({ listings });
  for (let index = 0; index < 60; index++) source.write(`/d${index}/f`, `${index}`);
  let [atOnce, most] = [0, 0];
  const made = new Set<string>();
  const slow: Ferry = {
    ...ferry,
    lakes: () => ({
      source: {
        ...source,
        list: (folder, after, signal) => {
          assert.ok(folder === "/" || made.has(folder), `${folder} is listed before it is made`);
          return source.list(folder, after, signal);
        },
      },
      sink: {
        ...sink,
        makeFolder: async (path, label, signal) => {
          most = Math.max(most, ++atOnce);
          await clock.sleep(20);
          const found = await sink.makeFolder(path, label, signal);
          made.add(path);
          atOnce--;
          return found;
        },
      },
    }),
  };
  await addRun(slow, "r", requestOf());
  const { status } = await drive(slow, "r");
  assert.equal(status, "Succeeded");
  assert.equal(sink.files().size, 60);
  assert.equal(most, listings);
});
