// Assessments from the command line, over the API on memory.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Migration } from "../../src/cli/api.ts";
import { samplePrices } from "../../src/core/prices.ts";
import { memoryApi } from "../kit/memoryApi.ts";
import { said, tempHome } from "./kit.ts";

test("assess watches to the end and prints what is there and what it takes", async (t) => {
  const { fetch, source, sink, drive } = memoryApi();
  source.write("/sales/one", "content");
  source.write("/sales/bad.", "content");
  const seen = await said("assess --id a --folder /sales", { fetch, meanwhile: () => drive("a") });
  assert.equal(seen.code, 0, seen.err);
  assert.match(seen.out, /^Assessment a: Succeeded\n {2}seen {6}2 files \(14 B\) in 1 folder\n/u);
  assert.match(seen.out, /size {6}below 16 B: 2 files, 14 B\n.*names {5}1 that Gen2 refuses: \/sales\/bad\.\n/su);
  assert.match(seen.out, /SAMPLE prices: give yours with --prices/u);
  assert.equal(sink.files().size, 0);

  const home = tempHome(t);
  const [whole, holed] = [join(home, "whole.json"), join(home, "holed.json")];
  writeFileSync(whole, JSON.stringify({ ...samplePrices, currency: "EUR" }));
  const { date: _, ...rest } = samplePrices;
  writeFileSync(holed, JSON.stringify(rest));
  const own = await said(`assess --id b --prices ${whole} --requests-per-second 10 --writer w --json`, {
    fetch,
    meanwhile: () => drive("b"),
  });
  const { estimate } = (JSON.parse(own.out) as Migration).report.assessment ?? assert.fail(own.err);
  assert.deepEqual([estimate.cost.currency, estimate.limits.requestsPerSecond], ["EUR", 10]);
  for (const [line, expected] of [
    [`assess --prices ${holed}`, /prices\.date: /u],
    [`assess --prices ${join(home, "none")}`, /--prices .*none: ENOENT/u],
    ["assess --requests-per-second 0", /Expected a rate above 0/u],
  ] as const) {
    const { code, err } = await said(line, { fetch });
    assert.equal(code, 2, line);
    assert.match(err, expected);
  }
});
