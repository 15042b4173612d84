import fc from "fast-check";

const parts = fc.oneof(
  fc.constantFrom(
    "^",
    "^005C",
    "005E",
    "^00",
    "\\",
    ".",
    "..",
    "\u0000",
    "\u001f",
    "\u0081",
    "\uffff",
    "\ud83d",
    "\ude00",
  ),
  fc.string({ unit: "binary", minLength: 1, maxLength: 4 }),
  fc.constantFrom("a", "B", "0", "5", " ", "\u{1f600}", "e\u0301", "%5C", "~"),
);
/** Any name Gen1 may give, rich in what Gen2 refuses and in what looks like an escape. */
export const oddNames = fc
  .array(parts, { minLength: 1, maxLength: 8 })
  .map((all) => all.join("").replaceAll("/", "|"))
  .filter((name) => name !== "");
