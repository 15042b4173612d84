import assert from "node:assert/strict";
import { test } from "node:test";
import { shapes } from "../../bench/sim/shapes.ts";
import { azure, simulate } from "../../bench/sim/simulate.ts";

for (const [name, shape] of Object.entries(shapes)) {
  test(`a small lake of the shape "${name}" is carried over exactly by 16 lanes in two processes`, async () => {
    const figures = await simulate({ ...azure, lake: shape(0.001), lanes: 16, parallelism: 16 });
    assert.deepEqual(figures.faults, []);
    assert.equal(figures.status, "Succeeded");
    assert.equal(figures.processes, 2);
  });
}

test("once they have spread out, lanes have nothing to do for about a tenth of the time", async () => {
  const figures = await simulate({ ...azure, lake: shapes["heavy"]!(0.12), lanes: 8, parallelism: 8 });
  assert.deepEqual(figures.faults, []);
  // Between 0.07 and 0.10, as the seed will have it.
  assert.ok((figures.idleShare ?? 1) <= 0.12, `${figures.idleShare}`);
});

test("the same seed gives the same course, another one another", async () => {
  const course = async (seed: number) => {
    const lake = shapes["folders"]!(0.001);
    const { realSeconds: _, ...figures } = await simulate({ ...azure, lake, lanes: 4, parallelism: 4, seed });
    return figures;
  };
  assert.deepEqual(await course(1), await course(1));
  assert.notDeepEqual(await course(1), await course(2));
});

test("the longest history of a run is bounded by its lanes, and ten times the files don't make it longer", async () => {
  const [lanes, events] = [8, 4 * 8 + 8];
  for (const scale of [0.001, 0.01]) {
    const { hub } = await simulate({ ...azure, lake: shapes["folders"]!(scale), lanes, parallelism: lanes });
    assert.ok(hub.mostEvents > 2 * lanes && hub.mostEvents <= events, `${hub.mostEvents}`);
  }
});
