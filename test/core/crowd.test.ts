import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Member, openCrowd } from "../../src/core/crowd.ts";

test("a crowd has those in it who entered and didn't leave, whoever leaves when, and nobody leaves twice", () => {
  const step = fc.oneof(fc.constant("enter" as const), fc.nat(20));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const crowd = openCrowd<number>();
      const all: Member<number>[] = [];
      const inside = new Set<number>();
      for (const what of steps) {
        if (what === "enter") {
          inside.add(all.length);
          all.push(crowd.enter(all.length));
        } else {
          const member = all[what];
          if (member !== undefined) assert.equal(crowd.leave(member), inside.delete(member.one));
        }
        assert.equal(crowd.size(), inside.size);
        assert.deepEqual(new Set(crowd.members().map(({ one }) => one)), inside);
      }
    }),
  );
});

test("whoever leaves while all are gone through is still told of, as one who has left", () => {
  const crowd = openCrowd<string>();
  for (const name of ["a", "b", "c"]) crowd.enter(name);
  const met = crowd.members().filter((member) => {
    for (const other of crowd.members()) if (other !== member) crowd.leave(other);
    return crowd.leave(member);
  });
  assert.deepEqual(
    met.map(({ one }) => one),
    ["a"],
  );
});
