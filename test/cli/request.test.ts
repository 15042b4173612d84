import assert from "node:assert/strict";
import { test } from "node:test";
import { requestFrom } from "../../src/cli/request.ts";

const none = async () => "";

test("options go over the specification, and a later one over an earlier one", async () => {
  const spec = {
    id: "s",
    labels: { a: "1", b: "2" },
    source: { folderPath: "/x", recursive: true },
    sink: { fileSystem: "x" },
  };
  const body = await requestFrom(
    {
      spec: "-",
      id: "own",
      folder: "/a b",
      file: "f",
      sinkFolder: "/t",
      label: ["b=3=4", "c="],
      set: [
        "source.recursive=false",
        "parallelism=8",
        "parallelism=16",
        'source.ranges=[{"listAfter":"a"}]',
        "name=of a run",
      ],
    },
    async () => JSON.stringify(spec),
  );
  assert.deepEqual(body, {
    id: "own",
    name: "of a run",
    labels: { a: "1", b: "3=4", c: "" },
    parallelism: 16,
    source: { folderPath: "/a b", fileName: "f", recursive: false, ranges: [{ listAfter: "a" }] },
    sink: { fileSystem: "x", folderPath: "/t" },
  });
});

test("without options a request is empty, and a specification stays as it is", async () => {
  assert.deepEqual(await requestFrom({}, none), {});
  assert.deepEqual(await requestFrom({ spec: "-" }, async () => '{"sink":1}'), { sink: 1 });
});

test("a specification that is no object, or has no object where one is needed, is named", async () => {
  for (const text of ["[]", "null", "3"]) {
    await assert.rejects(
      requestFrom({ spec: "-" }, async () => text),
      /--spec -: expected a JSON object/u,
    );
  }
  await assert.rejects(
    requestFrom({ spec: "-", fileSystem: "x" }, async () => '{"sink":1}'),
    /sink: expected a JSON object/u,
  );
});

test("no option reaches what objects inherit", async () => {
  const body = await requestFrom({ set: ["__proto__.polluted=true", "constructor.x=1"] }, none);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  assert.deepEqual(Object.keys(body), ["__proto__", "constructor"]);
});
