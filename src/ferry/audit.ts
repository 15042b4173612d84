import { principalOf } from "../core/acl.ts";
import type { Compare } from "../core/comparison.ts";
import type { Entry, SinkItem, Standing } from "../core/entry.ts";
import type { Preserved } from "../core/fidelity.ts";
import type { Different, FileOutcome } from "../core/outcome.ts";
import type { LakePath } from "../core/path.ts";
import type { Difference } from "../core/tally.ts";
import { isoTime } from "../core/time.ts";
import type { Way } from "../core/way.ts";
import type { Sink, Source } from "../lake/lake.ts";
import type { Granting } from "./access.ts";
import type { Extras } from "./extras.ts";
import { listedAs } from "./hash.ts";
import type { Ledger } from "./ledger.ts";
import { type Comparing, sameContent } from "./sameContent.ts";
import type { Visitor } from "./visitor.ts";

/** What an audit needs. The sink is one that isn't touched, so that asking for an access to be mended only tells of it. */
export type Auditing = {
  /** What this run has written itself isn't somebody's later change. */
  readonly run: string;
  readonly source: Source;
  readonly sink: Sink;
  readonly compared: Comparing["compared"];
  readonly access: Granting;
  readonly extras: Extras;
  readonly ledger: Ledger;
  readonly way: Way;
  /** Names that Gen2 can't hold are left out, as the migration does. */
  readonly skipsNames: boolean;
  readonly compare: Compare;
  readonly preserve: readonly Preserved[];
  readonly recursive: boolean;
  /** Whether what only the sink has is looked for. */
  readonly wantsExtra: boolean;
  /** What was changed after that isn't held against anybody. */
  readonly cutOffMs: number;
};

/** The visitor of an audit, on top of another one that deals with what goes wrong: it reports differences, and changes nothing. */
export function auditing(visitor: Visitor, means: Auditing): Visitor {
  const { sink, access, ledger, way, cutOffMs } = means;
  const { moved } = way;
  /** Folders that were found different. */
  const different = new Map<LakePath, Different>();

  async function seen(path: LakePath, there: Standing, signal: AbortSignal): Promise<SinkItem | undefined> {
    if (typeof there === "object") return way.known(path, there);
    if (there === "nothing" || way.refusal(path) !== undefined) return undefined;
    const item = await sink.stat(moved(path), signal);
    return item === undefined ? undefined : way.known(path, item);
  }

  function isLeftOut(path: LakePath): boolean {
    return means.skipsNames && way.refusal(path) !== undefined;
  }

  function isLater(entry: Entry, there: SinkItem | undefined): boolean {
    const isOwn = there?.origin?.run === means.run;
    return entry.modifiedMs > cutOffMs || (!isOwn && (there?.modifiedMs ?? 0) > cutOffMs);
  }

  async function accessOf(path: LakePath, entry: Entry, there: SinkItem, signal: AbortSignal): Promise<Difference[]> {
    const { because } = await access.mend(path, moved(path), entry, there, "full", signal);
    if (because === undefined) return [];
    if (because === "expiry") return ["expiry"];
    const isOther = (one: string, other: string | undefined) =>
      other !== undefined && principalOf(one) !== principalOf(other);
    const isOwner =
      (means.preserve.includes("Owner") && isOther(entry.owner, there.access?.owner)) ||
      (means.preserve.includes("Group") && isOther(entry.group, there.access?.group));
    return [isOwner ? "owner" : "access"];
  }

  async function contentOf(path: LakePath, entry: Entry, there: SinkItem, signal: AbortSignal): Promise<Difference[]> {
    if (entry.bytes !== there.bytes) return ["length"];
    const time: Difference[] = there.origin?.modifiedMs === entry.modifiedMs ? [] : ["time"];
    if (means.compare !== "hash") return time;
    const { isSame } = await sameContent(means, path, moved(path), entry.bytes, there, signal);
    return isSame ? time : [...time, "hash"];
  }

  async function judge(
    path: LakePath,
    entry: Entry,
    there: SinkItem | undefined,
    signal: AbortSignal,
  ): Promise<Difference[]> {
    if (there === undefined) return ["missing"];
    if (there.kind !== entry.kind) return ["kind"];
    const content = entry.kind === "file" ? await contentOf(path, entry, there, signal) : [];
    return [...content, ...(await accessOf(path, entry, there, signal))];
  }

  async function compared(
    path: LakePath,
    entry: Entry,
    there: SinkItem | undefined,
    signal: AbortSignal,
  ): Promise<FileOutcome> {
    const because = await judge(path, entry, there, signal);
    const listing = listedAs(path, entry);
    if (because.length === 0) return { do: "skipped", because: "same", ...listing };
    return { do: "different", because, isLater: isLater(entry, there), ...detailOf(entry, there), ...listing };
  }

  return {
    ...visitor,
    file: async (path, listed, standing, signal): Promise<FileOutcome | "folder" | "postponed"> => {
      await ledger.room(signal);
      try {
        const entry = listed ?? (await means.source.stat(path, signal));
        if (entry.kind === "folder") return "folder";
        if (isLeftOut(path)) return { do: "skipped", because: "invalidFileName", ...listedAs(path, entry) };
        return await compared(path, entry, await seen(path, standing, signal), signal);
      } catch (error) {
        const outcome = await visitor.unlisted(path, error, signal);
        if (outcome === "postponed" || (outcome.do !== "failed" && outcome.do !== "skipped")) return "postponed";
        return { ...outcome, ...listedAs(path, listed) };
      }
    },

    folder: async (path, listed, _mayBeOurs, standing, signal) => {
      if (!means.recursive) return { do: "skipped", because: "not-recursive" };
      if (isLeftOut(path)) return { do: "skipped", because: "invalidFileName" };
      try {
        const entry = listed ?? (await means.source.stat(path, signal));
        const there = await seen(path, standing, signal);
        const because = await judge(path, entry, there, signal);
        if (because.length > 0) different.set(path, { do: "different", because, isLater: isLater(entry, there) });
        // In what isn't there, or is a file, everything is missing.
        return there?.kind === "folder" ? { do: "found" } : { do: "made" };
      } catch (error) {
        return visitor.unlisted(path, error, signal);
      }
    },

    fileDone: (path, outcome) => {
      if (outcome.do === "skipped" && outcome.because === "same") return ledger.same(path, outcome);
      if (outcome.do === "different") ledger.file(path, outcome);
      else if (outcome.do === "failed") visitor.folderDone(path, { ...outcome, isPart: true });
      else if (outcome.do === "skipped" && outcome.because === "filtered") return;
      ledger.checked();
    },

    folderDone: (path, outcome) => {
      const found = different.get(path);
      different.delete(path);
      if (outcome.do === "failed") visitor.folderDone(path, { ...outcome, isPart: true });
      else if (found !== undefined) ledger.folder(path, found);
      ledger.checked();
    },

    joined: (folder, how) => {
      visitor.joined(folder, how);
      if (how !== "asked" || !means.wantsExtra) return;
      const detail = "the sink can't be listed here, so nobody knows what only the sink has";
      ledger.folder(folder, { do: "different", because: ["unknown"], detail });
    },

    extra: async (folder, items, signal) => {
      const meant = items.filter(
        ({ kind, modifiedMs = 0 }) =>
          (kind === "file" || means.recursive) && (kind === "folder" || modifiedMs <= cutOffMs),
      );
      const { told, errands } = await means.extras.deal(folder, meant, signal);
      if (told.length + errands.length === 0) return { told, errands };
      // Nobody knows when something was deleted; but its folder was changed by that.
      const isLater = (await means.source.stat(folder, signal)).modifiedMs > cutOffMs;
      return {
        told: told.map(({ item, outcome }) => ({ item, outcome: { do: "surplus", mass: outcome.mass, isLater } })),
        errands: errands.map((errand) => ({ ...errand, isLater })),
      };
    },
  };
}

function detailOf(entry: Entry, there: SinkItem | undefined): { readonly detail?: string } {
  if (there === undefined) return {};
  const { bytes, origin } = there;
  const time = origin === undefined ? "no source time" : isoTime(origin.modifiedMs);
  return { detail: `source ${entry.bytes} bytes, ${isoTime(entry.modifiedMs)}; sink ${bytes} bytes, ${time}` };
}
