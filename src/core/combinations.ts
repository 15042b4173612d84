import type { WrongProperty } from "./windowVariables.ts";

/** Properties that say the same kind of thing about what is selected, by the name of the kind; "extra" says what is deleted. */
const kinds = {
  fileName: ["source.fileName"],
  ranges: ["source.ranges", "source.listAfter", "source.listBefore"],
  wildcards: ["source.wildcardFolderPath", "source.wildcardFileName"],
  timePattern: ["source.timePattern"],
  list: ["source.fileListPath", "source.fileList", "source.fileListTable"],
  modifiedDatetime: ["source.modifiedDatetimeStart", "source.modifiedDatetimeEnd"],
  globs: ["source.include", "source.exclude"],
  "recursive: false": ["source.recursive"],
  "extra: delete": ["extra"],
} as const;

/** See kinds. */
export type Kind = keyof typeof kinds;

/** All kinds, in the order of the documentation. */
export const selectionKinds = Object.keys(kinds) as readonly Kind[];

// What combines; everything else is refused.
const together: readonly (readonly [Kind, Kind])[] = [
  ["fileName", "recursive: false"],
  ["ranges", "modifiedDatetime"],
  ["ranges", "globs"],
  ["ranges", "recursive: false"],
  ["ranges", "extra: delete"],
  ["wildcards", "modifiedDatetime"],
  ["wildcards", "globs"],
  ["wildcards", "recursive: false"],
  ["timePattern", "modifiedDatetime"],
  ["timePattern", "globs"],
  ["timePattern", "recursive: false"],
  ["modifiedDatetime", "globs"],
  ["modifiedDatetime", "recursive: false"],
  ["globs", "recursive: false"],
  ["recursive: false", "extra: delete"],
];

/** True when two kinds of properties can be asked for at once. */
export function combine(a: Kind, b: Kind): boolean {
  return a === b || together.some((pair) => pair.includes(a) && pair.includes(b));
}

/**
 * The pairs of given properties that can't be combined, each named once, at the one that comes second in `kinds`. `given`
 * says of a property, as "source.include", whether the request has it; of "source.recursive", whether it is false; of
 * "extra", whether it deletes.
 */
export function wrongCombinations(given: (property: string) => boolean): readonly WrongProperty[] {
  const asked = selectionKinds.flatMap((kind) => {
    const property = kinds[kind].find(given);
    return property === undefined ? [] : [{ kind, property, name: nameOf(kind, property) }];
  });
  return asked.flatMap((second, index) =>
    asked.slice(0, index).flatMap((first) => {
      if (combine(first.kind, second.kind)) return [];
      const message = `expected either ${first.name} or ${second.name}, not both: ${whyNot(first.kind, second.kind)}`;
      return [{ field: second.property, message }];
    }),
  );
}

function nameOf(kind: Kind, property: string): string {
  return kind.includes(":") ? kind : property.replace("source.", "");
}

function whyNot(a: Kind, b: Kind): string {
  if (b === "extra: delete") return "what isn't selected must not look like what only the sink has";
  if (a === "list" || b === "list") return "a list says by itself what is selected, and takes its folders whole";
  if (a === "fileName") return "one file is all there is to select";
  return "each is a way of its own to say which names are meant";
}
