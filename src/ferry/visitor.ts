import type { Entry, SinkEntry, Standing } from "../core/entry.ts";
import type { Errand } from "../core/errand.ts";
import type { Failure } from "../core/error.ts";
import type { Extra } from "../core/extra.ts";
import type { LargeFile } from "../core/largeFile.ts";
import type { ListItem } from "../core/nameList.ts";
import type { FileOutcome, FolderOutcome, Sent } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import type { BlockRun } from "./blockRun.ts";
import type { Parted } from "./copy.ts";
import type { ErrandMeans } from "./errandWalk.ts";
import type { Joining } from "./march.ts";

/** What a walk asks of its owner. Files run many at a time; the walk stops at the first error that is thrown. */
export type Visitor = {
  /**
   * Deals with one file, and what stands in its place; `entry` is missing for a name that an earlier walk had started,
   * which may be a folder by now. A postponed name stays open: it is what is left for a later walk. One that was sent is
   * looked at again before it counts.
   */
  readonly file: (
    path: LakePath,
    entry: Entry | undefined,
    there: Standing,
    signal: AbortSignal,
  ) => Promise<FileOutcome | Sent | Parted | Deferred | "postponed" | "folder">;
  /** Looks again at the source of one file that was sent, and deals with it once more if it has changed. */
  readonly confirm: (path: LakePath, sent: Sent, signal: AbortSignal) => Promise<FileOutcome | Parted | "postponed">;
  /**
   * Sends blocks of a large file until they are sent or the walk is ending, moving `run.from` on as it counts them; or,
   * when all were sent, makes them its content. Given up are blocks that no worker survives.
   */
  readonly blocks: (
    run: BlockRun,
    means: { readonly ending: AbortSignal; readonly givenUp?: Failure },
    signal: AbortSignal,
  ) => Promise<FileOutcome | Sent | Parted | "done" | "postponed">;
  /**
   * Prepares one folder, before anything in it is listed. `mayBeOurs`: should it stand there already, it may be by this
   * run, as nothing else is in a folder that it made.
   */
  readonly folder: (
    path: LakePath,
    entry: Entry | undefined,
    mayBeOurs: boolean,
    there: Standing,
    signal: AbortSignal,
  ) => Promise<FolderOutcome | Deferred | "postponed">;
  /**
   * Deals with an entry of a list by means of the whole visitor: a file, or a folder that is prepared like any other. Folders
   * above it are made first, and are not counted.
   */
  readonly listed: (
    item: ListItem,
    by: Pick<Visitor, "file" | "folder">,
    signal: AbortSignal,
  ) => Promise<ListedOutcome | "postponed">;
  /** Says what becomes of a folder that can't be listed; throws when the walk must not go on. */
  readonly unlisted: (path: LakePath, error: unknown, signal: AbortSignal) => Promise<FolderOutcome | "postponed">;
  /** Told in the same instant as the cut changes, so that cut and count never disagree. */
  readonly fileDone: (path: LakePath, outcome: FileOutcome) => void;
  readonly fileOpened: (file: LargeFile) => void;
  readonly folderDone: (path: LakePath, outcome: FolderOutcome) => void;
  /** Says what is to be told, and what to be done, of some items that only the sink has in a folder of the source. */
  readonly extra: (folder: LakePath, items: readonly SinkEntry[], signal: AbortSignal) => Promise<Dealt>;
  /** Told of them in the instant in which the walk has come past them, or an errand has done something about one. */
  readonly extraDone: (folder: LakePath, found: readonly Extra[]) => void;
  /**
   * Does an errand, moving it on as it tells of what it did, until it is over or the walk is stopped; the end of one that
   * brings something over is what became of that.
   */
  readonly errand: (
    errand: Errand,
    means: ErrandMeans,
    signal: AbortSignal,
  ) => Promise<ListedOutcome | "over" | "stopped" | "postponed">;
  /** Told when a folder's listings could not be merged side by side. */
  readonly joined: (folder: LakePath, how: Exclude<Joining, "merged">) => void;
};

/** What is done about an item later, as an errand; with what is counted of it all the same. */
export type Deferred = { readonly do: "deferred"; readonly errand: Errand } & (
  | { readonly file?: FileOutcome }
  | { readonly folder?: FolderOutcome }
);

/** Items that only the sink has: told, or left to errands. */
export type Dealt = { readonly told: readonly Extra[]; readonly errands: readonly Errand[] };

/** What an entry of a list has turned out to be. */
export type ListedOutcome = { readonly path: LakePath } & (
  | { readonly file: FileOutcome | Sent | Parted | Deferred }
  | { readonly folder: FolderOutcome | Deferred }
);
