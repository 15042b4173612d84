import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import * as z from "zod";
import type { SinkItem } from "../../src/core/entry.ts";
import { isTooMany, ruleFor } from "../../src/core/faultRules.ts";
import { fidelity, isReadBack, limitOf, preservedAccess } from "../../src/core/fidelity.ts";
import { decideBy, type Overwrite } from "../../src/core/overwrite.ts";
import { tierOf } from "../../src/core/tier.ts";

const schema = z.strictObject(fidelity);
const dayMs = 24 * 3600 * 1000;

test("a request that says nothing carries everything over, proves on the way, and replaces what differs", () => {
  assert.deepEqual(schema.parse({}), {
    mode: "copy",
    preserve: ["ACL", "Owner", "Group", "LastModified", "Expiry"],
    preserveRoot: false,
    compareAccess: "listing",
    names: "fail",
    overwrite: "ifDifferent",
    validateDataConsistency: "wire",
    skipErrorFile: { fileMissing: true, fileForbidden: false, dataInconsistency: false, invalidFileName: false },
  });
});

test("shares, samples and tiers are read as they are meant", () => {
  const read = schema.parse({
    maxFailures: "2.5%",
    validateDataConsistency: { readBack: "10%" },
    accessTier: [{ olderThanDays: 30, tier: "Cool" }],
    skipErrorFile: { invalidFileName: true },
    preserve: [],
  });
  assert.deepEqual(limitOf(read.maxFailures), { percent: 2.5 });
  assert.deepEqual([limitOf(3), limitOf(undefined)], [3, undefined]);
  assert.deepEqual(schema.parse(read), read, "a request that was checked can be checked again");
  assert.deepEqual(read.accessTier, [{ olderThanDays: 30, tier: "Cool" }]);
  assert.deepEqual([read.skipErrorFile.invalidFileName, read.skipErrorFile.fileMissing], [true, true]);
  assert.deepEqual(preservedAccess(read.preserve), new Set());
  assert.deepEqual(preservedAccess(["ACL", "Expiry", "Group"]), new Set(["ACL", "Group"]));
});

test("what makes no sense is refused with the property named", () => {
  for (const [request, property] of [
    [{ maxFailures: -1 }, "maxFailures"],
    [{ maxFailures: 1.5 }, "maxFailures"],
    [{ maxFailures: "101%" }, "maxFailures"],
    [{ maxFailures: "many" }, "maxFailures"],
    [{ preserve: ["ACL", "ACL"] }, "preserve"],
    [{ preserve: ["Attributes"] }, "preserve"],
    [{ accessTier: "Warm" }, "accessTier"],
    [{ accessTier: [{ olderThanDays: -1, tier: "Cool" }] }, "accessTier"],
    [{ accessTier: [] }, "accessTier"],
    [{ names: "escape" }, "names"],
    [{ skipErrorFile: { fileLocked: true } }, "skipErrorFile"],
    [{ validateDataConsistency: { readBack: "200%" } }, "validateDataConsistency"],
    [{ validateDataConsistency: true }, "validateDataConsistency"],
    [{ validateDataConsistency: "none" }, "validateDataConsistency"],
  ] as const) {
    const { error } = schema.safeParse(request);
    assert.deepEqual([error?.issues.length, error?.issues[0]?.path[0]], [1, property], JSON.stringify(request));
  }
});

test("a file's tier is that of the highest age it has reached", () => {
  const rule = [
    { olderThanDays: 180, tier: "Archive" },
    { olderThanDays: 30, tier: "Cool" },
  ] as const;
  const ofAge = (days: number) => tierOf(rule, 1000 * dayMs - days * dayMs, 1000 * dayMs);
  assert.deepEqual([0, 30, 31, 180, 181].map(ofAge), [undefined, undefined, "Cool", "Cool", "Archive"]);
  assert.equal(ofAge(-5), undefined);
  assert.equal(tierOf("Cold", 0, 0), "Cold");
  assert.equal(tierOf(undefined, 0, 0), undefined);
});

test("a failure falls under the rule that ADF gives it, and the sink's own refusals under none", () => {
  for (const [kind, at, rule] of [
    ["not-found", "source", "fileMissing"],
    ["denied", "source", "fileForbidden"],
    ["changed", "source", "dataInconsistency"],
    ["corrupt", "sink", "dataInconsistency"],
    ["invalid", "name", "invalidFileName"],
    ["not-found", "sink", undefined],
    ["denied", "sink", undefined],
    ["unavailable", "source", undefined],
    ["conflict", "sink", undefined],
  ] as const) {
    assert.equal(ruleFor({ kind, at }), rule, `${kind} at the ${at}`);
  }
});

test("a run bears as many failures as it was told, and a share of no fewer than a hundred items", () => {
  assert.deepEqual([isTooMany(0, 0, 10), isTooMany(0, 1, 10), isTooMany(3, 3, 3)], [false, true, false]);
  assert.equal(isTooMany(undefined, 1e6, 1e6), false);
  const share = { percent: 5 };
  assert.deepEqual([isTooMany(share, 5, 1), isTooMany(share, 6, 1)], [false, true]);
  assert.deepEqual([isTooMany(share, 500, 10_000), isTooMany(share, 501, 10_000)], [false, true]);
});

test("a sample is the share it says, the same at each look, and part of every larger one", () => {
  const digests = Array.from({ length: 4000 }, (_, index) => hash("md5", String(index), "hex"));
  const sample = (share: number) => digests.filter((digest) => isReadBack({ readBack: `${share}%` }, digest));
  assert.deepEqual([sample(0).length, sample(100).length], [0, 4000]);
  const ten = sample(10);
  assert.ok(ten.length > 300 && ten.length < 500, String(ten.length));
  const twenty = new Set(sample(20));
  assert.ok(ten.every((digest) => twenty.has(digest)));
});

const rules = ["ifDifferent", "ifNewer", "always", "never"] as const;
const source = { bytes: 3, modifiedMs: 1000 };
const file = (more: Partial<SinkItem> = {}): SinkItem => ({ kind: "file", bytes: 3, etag: '"1"', ...more });
const ours = (run: string, modifiedMs: number) => file({ origin: { run, bytes: 3, modifiedMs } });
const said = (sink: SinkItem | undefined) =>
  rules.map((rule) => {
    const { do: what, because } = decideBy(rule, "r", source, sink);
    return `${what} ${because}`;
  });

test("each rule for overwriting decides as its table says", () => {
  assert.deepEqual(said(undefined), Array(4).fill("copy absent"));
  assert.deepEqual(said({ kind: "folder", bytes: 0, etag: "" }), Array(4).fill("refuse folder"));
  assert.deepEqual(said(ours("r", 1000)), Array(4).fill("skip same"));
  assert.deepEqual(said(ours("earlier", 1000)), ["skip same", "skip notNewer", "copy asked", "skip exists"]);
  assert.deepEqual(said(ours("earlier", 999)), ["copy time", "copy newer", "copy asked", "skip exists"]);
  assert.deepEqual(said(ours("earlier", 1001)), ["copy time", "skip notNewer", "copy asked", "skip exists"]);
  assert.deepEqual(said(file({ modifiedMs: 5000 })), ["copy foreign", "skip notNewer", "copy asked", "skip exists"]);
  assert.deepEqual(said(file({ modifiedMs: 500 })), ["copy foreign", "copy newer", "copy asked", "skip exists"]);
});

test("what is absent is always copied, and what others wrote is never replaced by `never`", () => {
  const items = fc.option(
    fc.record({
      run: fc.constantFrom("r", "q"),
      modifiedMs: fc.integer({ min: 0, max: 2000 }),
      bytes: fc.nat({ max: 4 }),
    }),
    { nil: undefined },
  );
  fc.assert(
    fc.property(items, fc.constantFrom<Overwrite>(...rules), (origin, rule) => {
      const sink = origin === undefined ? undefined : file({ bytes: origin.bytes, origin });
      const decision = decideBy(rule, "r", source, sink);
      if (sink === undefined) assert.equal(decision.do, "copy");
      else if (origin?.run === "r") assert.deepEqual(decision, decideBy("ifDifferent", "r", source, sink));
      else if (rule === "never") assert.equal(decision.do, "skip");
      else if (rule === "always") assert.equal(decision.do, "copy");
    }),
  );
});
