import type { BlockSizes } from "../core/blocks.ts";
import type { Budget } from "../core/budget.ts";
import type { Clock } from "../core/clock.ts";
import type { Rival } from "../core/fairness.ts";
import type { NameList } from "../core/nameList.ts";
import type { MigrationRequest } from "../core/request.ts";
import type { Sink, Source } from "../lake/lake.ts";
import type { JournalLines, JournalWriter } from "../state/journal.ts";
import type { Pulses } from "../state/pulse.ts";
import type { Rivals } from "../state/rivals.ts";
import type { Roots } from "../state/roots.ts";
import type { Runs } from "../state/runs.ts";
import type { Work } from "../state/work.ts";
import type { Meter } from "../wire/meter.ts";
import type { ListTable } from "./lists.ts";
import type { Valve } from "../wire/valve.ts";
import type { AccessMemory } from "./accessMemory.ts";
import type { Buffers } from "./buffers.ts";

/** Everything an activity needs from outside. */
export type Ferry = {
  readonly clock: Clock;
  readonly runs: Runs;
  readonly roots: Roots;
  /** The name under which runs into one file system are kept apart, however many connections lead to it. */
  readonly rootsKey: (request: MigrationRequest) => string;
  /** Tries, now and then, what a run is about to do at its sink; throws LakeError saying what is wrong. Absent: nothing is tried. */
  readonly preflight?: (request: MigrationRequest) => Promise<void>;
  readonly work: (run: string) => Work;
  /** The journal of one claim of a packet. */
  readonly journal: (run: string, claim: string) => JournalWriter;
  /** What a run's journal holds by now. */
  readonly journalOf: (run: string) => JournalLines;
  /** The two lakes a request names, counting on the given meter. */
  readonly lakes: (
    request: MigrationRequest,
    meter: Meter,
    valves: Valves,
  ) => { readonly source: Source; readonly sink: Sink };
  /** A list of names in a table. */
  readonly listTable: (table: ListTable) => NameList;
  /** Opens the valves of one user of two lakes. */
  readonly valves: () => Valves;
  /** Milliseconds that the process has worked since it began. */
  readonly load: () => Load;
  /** Bytes in memory, and files in flight, shared by all slices of the process. */
  readonly memory: Budget;
  readonly files: Budget;
  readonly buffers: Buffers;
  /** How many files may be in flight at most, however wide the process goes. */
  readonly mostFiles: number;
  /** Changes, now and then, how many files may be in flight; to be called often by whoever is at work, with what was refused since. */
  readonly widen: (refused: number) => void;
  readonly sizes: BlockSizes;
  /** How many named entries an ACL of the sink holds in each scope, and what was learned about access in each run. */
  readonly access: { readonly namedEntries: number; readonly memory: (run: string) => AccessMemory };
  /** What people want of a run, and which of its lanes wait. */
  readonly pulse: Pulses;
  /** Which runs are at work on these instances; what is known of them from a moment ago. */
  readonly rivals: Rivals;
  readonly knownRivals: () => Promise<readonly Rival[]>;
  readonly pace: Pace;
  /** Aborted when the process is told to end. */
  readonly closing: AbortSignal;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
};

/** For how long a process' event loop was at work, and what time it had of processors. */
export type Load = { readonly loopMs: number; readonly cpuMs: number };

/** What one user may ask of two lakes at most. */
export type Valves = { readonly source: Valve; readonly sink: Valve };

/** The times and widths of slices. */
export type Pace = {
  /** Folders that one walk lists at a time. */
  readonly listings: number;
  /** Between two saves of a slice. */
  readonly saveMs: number;
  /** Between two looks at what people want of the run. */
  readonly pulseMs: number;
  /** How long files in flight may go on after a person, or the end of the process, told a slice to stop. */
  readonly graceMs: number;
  /** The same after a deadline; well below the host's functionTimeout. */
  readonly deadlineGraceMs: number;
  /** Between two looks of a waiting slice for work, and between two gifts of a slice that has some. */
  readonly pollMs: number;
  readonly giveMs: number;
  /** How long many lanes must have waited until their wave ends early. */
  readonly starvedMs: number;
  /** How long the slices of a wave work: the very first one, waves that grow, and all others. */
  readonly lookMs: number;
  readonly firstWaveMs: number;
  readonly waveMs: number;
  /** How young a run is left alone by the keeper: it may be between its row and the start of its orchestration. */
  readonly keeperGraceMs: number;
  /** The first pause after a wave that moved nothing; doubles with each. */
  readonly stallMs: number;
};
