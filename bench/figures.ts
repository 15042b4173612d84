import type { CaseResult, Measured, Row } from "./results.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** What the crossings of one tool in one case say, in numbers; only crossings that went well, or were stopped in time. */
export type Figures = {
  readonly seconds: Spread;
  /** From the first request at the sink to the last. */
  readonly atSink: Spread;
  readonly perSecond: number;
  readonly perSecondAtSink: number;
  readonly megabytesPerSecond: number;
  readonly cpuSeconds: Spread;
  readonly peakMiB: Spread;
  readonly sinkRequests: number;
  readonly sourceRequests: number;
  readonly isLate: boolean;
  /** The crossings that the figures are of: where one was stopped at the limit, those that were. */
  readonly counted: readonly Measured[];
  /** Of all crossings, also of bad ones. */
  readonly runs: readonly Measured[];
};

/** The figures of one tool in one case; undefined where there are none. */
export function figuresOf(result: CaseResult | undefined, tool: string): Figures | undefined {
  const row = result?.rows.find((one) => one.tool === tool);
  return result === undefined || row === undefined ? undefined : figuresIn(result, row);
}

/** See figuresOf. */
export function figuresIn(result: CaseResult, row: Row): Figures | undefined {
  if ("why" in row) return undefined;
  const late = row.runs.filter((run) => run.isLate === true);
  const isLate = late.length > 0;
  const counted = isLate ? late : row.runs.filter(({ isGood }) => isGood);
  const [first] = counted;
  if (first === undefined) return undefined;
  const of = (read: (run: Measured) => number) => spreadOf(counted.map(read));
  const files = isLate ? first.sink.files : result.files;
  const seconds = of((run) => run.seconds);
  const atSink = of(({ sink }) => sink.seconds);
  return {
    seconds,
    atSink,
    perSecond: files / seconds.median,
    perSecondAtSink: files / atSink.median,
    megabytesPerSecond: (result.bytes * (files / result.files)) / 1e6 / seconds.median,
    cpuSeconds: of((run) => run.cpuSeconds),
    peakMiB: of((run) => run.peakMiB),
    sinkRequests: of(({ sink }) => sumOf(sink.requests)).median,
    sourceRequests: of(({ source }) => sumOf(source ?? {})).median,
    isLate,
    counted,
    runs: row.runs,
  };
}

/** All counts together. */
export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
