import assert from "node:assert/strict";
import { test } from "node:test";
import { shapes } from "../../bench/sim/shapes.ts";
import { azure, simulate } from "../../bench/sim/simulate.ts";

const lanes = 16;

for (const [name, shape] of Object.entries(shapes)) {
  test(`a small lake of the shape "${name}" is carried over exactly by ${lanes} lanes in two processes`, async () => {
    const figures = await simulate({ ...azure, lake: shape(0.002), lanes, parallelism: lanes });
    assert.deepEqual(figures.faults, []);
    assert.equal(figures.status, "Succeeded");
    assert.equal(figures.processes, 2);
  });
}

test("the same seed gives the same course", async () => {
  const course = async (seed: number) => {
    const { realSeconds: _, ...figures } = await simulate({ ...azure, lake: small(), lanes: 8, parallelism: 8, seed });
    return figures;
  };
  const small = () => shapes["folders"]!(0.002);
  assert.deepEqual(await course(1), await course(1));
  assert.notDeepEqual(await course(1), await course(2));
});
