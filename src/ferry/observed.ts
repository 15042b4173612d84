import type { Budget } from "../core/budget.ts";
import { isLakeError, type Side } from "../core/error.ts";
import type { Activity, Watched } from "../core/glance.ts";
import type { Sink, Source } from "../lake/lake.ts";

/** The same lake, each of whose operations is seen to begin and end, and whose errors say whose they are. */
export function observedSource(source: Source, activity: Activity): Source {
  const seen = sideOf(activity, "source");
  return {
    ...source,
    stat: seen("reading", source.stat),
    list: seen("listing", source.list),
    read: seen("reading", source.read),
    getAccess: seen("reading", source.getAccess),
  };
}

/** See observedSource. */
export function observedSink(sink: Sink, activity: Activity): Sink {
  const seen = sideOf(activity, "sink");
  return {
    ...sink,
    stat: seen("writing", sink.stat),
    list: seen("listing", sink.list),
    read: seen("reading", sink.read),
    makeFolder: seen("writing", sink.makeFolder),
    putFile: seen("writing", sink.putFile),
    stageBlock: seen("writing", sink.stageBlock),
    commitBlocks: seen("writing", sink.commitBlocks),
    getAccess: seen("writing", sink.getAccess),
    remove: seen("writing", sink.remove),
    setAccess: seen("writing", sink.setAccess),
    setExpiry: seen("writing", sink.setExpiry),
  };
}

/** The same budget, of slots or of memory, at which waiting is seen. */
export function observedBudget(budget: Budget, activity: Activity, kind: "slots" | "memory"): Budget {
  return {
    ...budget,
    take: async (amount, signal) => {
      signal?.throwIfAborted();
      return budget.now(amount) ?? during(activity, kind, budget.take)(amount, signal);
    },
  };
}

/** At most `most` at a time of what others share. */
export function withinBudget(own: Budget, shared: Budget): Budget {
  return {
    size: () => Math.min(own.size(), shared.size()),
    resize: own.resize,
    free: () => Math.min(own.free(), shared.free()),
    now: (amount) => {
      const giveBack = own.now(amount);
      if (giveBack === undefined) return undefined;
      const release = shared.now(amount);
      if (release !== undefined) return both(release, giveBack);
      giveBack();
      return undefined;
    },
    take: async (amount, signal) => {
      const giveBack = await own.take(amount, signal);
      try {
        return both(await shared.take(amount, signal), giveBack);
      } catch (error) {
        giveBack();
        throw error;
      }
    },
  };
}

function both(release: () => void, giveBack: () => void): () => void {
  return () => {
    release();
    giveBack();
  };
}

function sideOf(activity: Activity, side: Side) {
  return <A extends readonly unknown[], T>(kind: Watched, act: (...args: A) => Promise<T>) =>
    during(activity, kind, act, (error) => (isLakeError(error) ? error.of(side) : error));
}

function during<A extends readonly unknown[], T>(
  activity: Activity,
  kind: Watched,
  act: (...args: A) => Promise<T>,
  told: (error: unknown) => unknown = (error) => error,
): (...args: A) => Promise<T> {
  return async (...args) => {
    const end = activity.begin(kind);
    try {
      return await act(...args);
    } catch (error) {
      throw told(error);
    } finally {
      end();
    }
  };
}
