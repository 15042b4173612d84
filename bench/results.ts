import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Seen } from "./sinks.ts";
import type { Crossed } from "./tools/tool.ts";
import type { Verdict } from "./truth.ts";

/** One crossing, what the sink saw of it, and how what arrived differs from what there was. */
export type Measured = Crossed & {
  readonly sink: Seen;
  readonly verdict: Verdict;
  /** It was stopped at the case's limit. */
  readonly isLate?: true;
};

/** What one tool made of a case, or why it wasn't measured. */
export type Row = {
  readonly tool: string;
} & ({ readonly runs: readonly Measured[]; readonly startSeconds?: number } | { readonly why: string });

/** What came of a case, and where and when. */
export type CaseResult = {
  readonly name: string;
  readonly what: string;
  readonly rounds: number;
  readonly limitSeconds: number;
  readonly files: number;
  readonly bytes: number;
  readonly rows: readonly Row[];
  /** Why there are no rows. */
  readonly error?: string;
  readonly at: string;
  readonly commit: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string;
  /** How long all of it took. */
  readonly seconds: number;
};

/** Newer results in the place of older ones of the same case, in the order of `names`; others go. */
export function merged(
  older: readonly CaseResult[],
  newer: readonly CaseResult[],
  names: readonly string[],
): readonly CaseResult[] {
  const byName = new Map([...older, ...newer].map((result) => [result.name, result]));
  return names.flatMap((name) => byName.get(name) ?? []);
}

/** Reads results, one JSON line for each case; none where there is no file. */
export function readResults(file: string): readonly CaseResult[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as CaseResult);
}

/** Writes results so that readResults reads them. */
export function writeResults(file: string, results: readonly CaseResult[]): void {
  writeFileSync(file, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
}
