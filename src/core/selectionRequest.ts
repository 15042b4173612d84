import * as z from "zod";
import { wrongCombinations } from "./combinations.ts";
import { whyNoGlob } from "./globs.ts";
import { type NamePattern, PatternError, parsePatterns, partsOf } from "./namePattern.ts";
import { msOf, patternsOf } from "./selection.ts";
import { missingPart } from "./timeFields.ts";

const halfPair = "expected whole characters; this holds half a surrogate pair";
const chars = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => text.isWellFormed(), halfPair);

const time = z.iso.datetime({ offset: true, message: "expected a time in UTC, such as 2019-05-13T00:00:00Z" });

const patternThat = (
  read: (path: string) => readonly NamePattern[],
  isOk: (patterns: readonly NamePattern[]) => string | undefined,
) =>
  chars(2000).superRefine((path, context) => {
    try {
      const message = isOk(read(path));
      if (message !== undefined) context.addIssue({ code: "custom", message });
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  });

const wildcards = (path: string) => parsePatterns(path, false);
const glob = chars(1000).superRefine((text, context) => {
  const message = whyNoGlob(text);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});
const globs = z.array(glob).min(1).max(100);

const timePattern = z
  .strictObject({
    path: patternThat((path) => parsePatterns(path, true), whyNoTime),
    /** What is selected meets the time from `start` on and before `end`. */
    start: time,
    end: time,
  })
  .superRefine(({ start, end }, context) => endsBeforeItStarts(context, ["end"], "start", start, end));

function whyNoTime(patterns: readonly NamePattern[]): string | undefined {
  const told = patterns.flatMap(partsOf);
  if (told.length === 0)
    return "it holds no field of a time, such as {yyyy}; for other patterns there is wildcardFolderPath";
  const gap = missingPart(told);
  return gap === undefined
    ? undefined
    : `it tells the ${gap.for} and not the ${gap.missing}, so no name can be told from others`;
}

/** The properties of a request's source that select files, besides fileName and ranges of names. */
export const selectionProperties = {
  /** A file is selected when start <= its time < end. */
  modifiedDatetimeStart: time.optional(),
  modifiedDatetimeEnd: time.optional(),
  /** Relative to folderPath: `*` any characters of a name, `?` one or none, `^` takes the next one as it is. */
  wildcardFolderPath: patternThat(patternsOf, () => undefined).optional(),
  wildcardFileName: patternThat(wildcards, (names) =>
    names.length > 1 ? "expected a name without '/'; folders go to wildcardFolderPath" : undefined,
  ).optional(),
  timePattern: timePattern.optional(),
  /** Globs, relative to folderPath; one that matches a folder stands for all in it. */
  include: globs.optional(),
  exclude: globs.optional(),
} as const;

/** Where a list of files and folders is, besides fileListPath. */
export const listProperties = {
  /** Which lake has fileListPath; the source unless said otherwise. */
  fileListStore: z.enum(["source", "sink"], 'expected "source" or "sink"').optional(),
  fileList: z.array(chars(8000)).min(1).max(10_000, "expected at most 10,000 entries; give more as a file").optional(),
  /** A table of the app's storage account, a name in each row. */
  fileListTable: z
    .strictObject({
      table: z.string().regex(/^[A-Za-z][A-Za-z0-9]{2,62}$/u, "expected 3 to 63 letters and digits"),
      /** One partition of it; all when there is none. */
      partitionKey: z.string().max(512).optional(),
      property: z.string().min(1).max(255).default("path"),
    })
    .optional(),
} as const;

const lists = ["fileListPath", "fileList", "fileListTable"] as const;

/** What a request's source says about what is selected, as far as the properties have to do with each other. */
export type SelectedSource = {
  readonly recursive: boolean;
  readonly modifiedDatetimeStart?: string | undefined;
  readonly modifiedDatetimeEnd?: string | undefined;
  readonly fileListStore?: string | undefined;
};

/** Says what is wrong between the properties of a request that select; deleting goes with few of them. */
export function checkSelection(
  { source, extra }: { readonly source: SelectedSource; readonly extra?: string },
  context: z.RefinementCtx,
): void {
  const fail = (path: readonly string[], message: string) =>
    context.addIssue({ code: "custom", path: [...path], message });
  const has = (property: string) =>
    Object.entries(source).some(([name, value]) => name === property && value !== undefined);
  const { modifiedDatetimeStart: start, modifiedDatetimeEnd: end } = source;
  if (start !== undefined && end !== undefined) {
    endsBeforeItStarts(context, ["source", "modifiedDatetimeEnd"], "modifiedDatetimeStart", start, end);
  }
  const [list, ...more] = lists.filter(has);
  for (const other of more) fail(["source", other], `expected one list: ${list} is one already`);
  if (has("fileListStore") && list !== "fileListPath") {
    fail(["source", "fileListStore"], "says where fileListPath is, and there is none");
  }
  const wrong = wrongCombinations((property) => {
    if (property === "source.recursive") return !source.recursive;
    if (property === "extra") return extra === "delete";
    return property.startsWith("source.") && has(property.slice("source.".length));
  });
  for (const { field, message } of wrong) fail(field.split("."), message);
}

function endsBeforeItStarts(
  context: z.RefinementCtx,
  path: readonly string[],
  other: string,
  start: string,
  end: string,
): void {
  if (msOf(end) > msOf(start)) return;
  const message = `the window ends at ${end}, not after it starts at ${start}: expected an end after ${other}`;
  context.addIssue({ code: "custom", path: [...path], message });
}
