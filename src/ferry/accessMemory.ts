import { type AccessFinding, namelessIn, principalsIn, type WantedAccess } from "../core/access.ts";
import { isObjectId } from "../core/acl.ts";
import { isLakeError } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import { openPrediction, type Prediction } from "../core/prediction.ts";
import type { Source } from "../lake/lake.ts";
import type { Runs } from "../state/runs.ts";

/** What a process has learned about access in one run; its slices share it. */
export type AccessMemory = {
  readonly prediction: Prediction;
  /**
   * Takes a turn at reading back the first file of a kind; the result ends it. Undefined after somebody else's turn: there
   * may be an answer by now.
   */
  readonly proving: (pair: string, signal: AbortSignal) => Promise<(() => void) | undefined>;
  /** Tells the other processes of a wrong prediction, should they ask in time. */
  readonly mispredicted: (path: LakePath) => Promise<void>;
  readonly principals: Principals;
};

/** Which principals the source can name. */
export type Principals = {
  /** Says which of an access's principals nobody has any more; asks the source once for each of them. */
  readonly findingsOf: (
    path: LakePath,
    access: WantedAccess,
    source: Source,
    signal: AbortSignal | undefined,
  ) => Promise<readonly AccessFinding[]>;
};

/** So many principals are looked up in a run, and runs remembered by a process. */
const maxPrincipals = 2000;
const maxRuns = 64;

/** The memories of a process, by run; `tell` makes a wrong prediction known to the others. */
export function openAccessMemories(
  tell: (run: string, path: LakePath) => Promise<void>,
): (run: string) => AccessMemory {
  const memories = new Map<string, AccessMemory>();
  return (run) => {
    const known = memories.get(run) ?? newMemory((path) => tell(run, path));
    // Whoever is asked for last goes last.
    memories.delete(run);
    memories.set(run, known);
    for (const first of memories.keys()) if (memories.size > maxRuns) memories.delete(first);
    return known;
  };
}

/** Tells it by the run's row, which slices look at. One that can't be told now finds out by itself. */
export function toldIn(runs: Runs): (run: string, path: LakePath) => Promise<void> {
  return async (run, path) => {
    try {
      await runs.change(run, (now) => (now.mispredicted === undefined ? { ...now, mispredicted: path } : undefined));
    } catch (error) {
      if (!isLakeError(error)) throw error;
    }
  };
}

/** A run of which nothing is known. */
function newMemory(mispredicted: AccessMemory["mispredicted"]): AccessMemory {
  const turns = new Map<string, Promise<void>>();
  return {
    prediction: openPrediction(),
    mispredicted,
    principals: openPrincipals(),
    proving: async (pair, signal) => {
      const other = turns.get(pair);
      if (other !== undefined) {
        await untilAborted(other, signal);
        return undefined;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      turns.set(pair, promise);
      return () => {
        turns.delete(pair);
        resolve();
      };
    },
  };
}

async function untilAborted<T>(wait: Promise<T> | undefined, signal: AbortSignal | undefined): Promise<T | undefined> {
  signal?.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(signal?.reason as Error);
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([wait, promise]);
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

function openPrincipals(): Principals {
  /** Whether somebody has this id; absent while nobody asked. */
  const seen = new Map<string, Promise<"somebody" | "nobody">>();

  // Many ids are answered by one request: all of the item's own.
  function ask(path: LakePath, ids: readonly string[], source: Source): void {
    // Others wait for the answer too: it ends with nobody's slice.
    const named = source.getAccess(path, "names");
    for (const id of ids) {
      const answer = named.then((access): "somebody" | "nobody" =>
        namelessIn(access).includes(id) ? "nobody" : "somebody",
      );
      seen.set(id, answer);
      // What one request could not tell the next one may.
      answer.catch(() => seen.delete(id));
    }
  }

  return {
    findingsOf: async (path, access, source, signal) => {
      const ids = principalsIn(access).filter(isObjectId);
      const unknown = ids.filter((id) => !seen.has(id));
      if (unknown.length > 0 && seen.size + unknown.length <= maxPrincipals) ask(path, unknown, source);
      const nameless: string[] = [];
      for (const id of ids) {
        try {
          if ((await untilAborted(seen.get(id), signal)) === "nobody") nameless.push(id);
        } catch (error) {
          // A finding is no reason to fail: who can't be looked up now is nobody's fault.
          if (!isLakeError(error)) throw error;
        }
      }
      if (nameless.length === 0) return [];
      return [{ because: "nameless", isFatal: false, detail: `the source has no name for ${nameless.join(", ")}` }];
    },
  };
}
