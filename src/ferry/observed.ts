import type { Budget } from "../core/budget.ts";
import type { Activity, BusyWith } from "../core/glance.ts";
import type { Sink, Source } from "../lake/lake.ts";

/** The same lake, each of whose operations is seen to begin and end. */
export function observedSource(source: Source, activity: Activity): Source {
  return {
    ...source,
    stat: during(activity, "reading", source.stat),
    list: during(activity, "listing", source.list),
    read: during(activity, "reading", source.read),
  };
}

/** See observedSource. */
export function observedSink(sink: Sink, activity: Activity): Sink {
  return {
    ...sink,
    stat: during(activity, "writing", sink.stat),
    makeFolder: during(activity, "writing", sink.makeFolder),
    putFile: during(activity, "writing", sink.putFile),
    stageBlock: during(activity, "writing", sink.stageBlock),
    commitBlocks: during(activity, "writing", sink.commitBlocks),
  };
}

/** The same budget, at which waiting is seen. */
export function observedBudget(budget: Budget, activity: Activity): Budget {
  return {
    ...budget,
    take: (amount, signal) =>
      budget.free() >= amount ? budget.take(amount, signal) : during(activity, "waiting", budget.take)(amount, signal),
  };
}

/** At most `most` at a time of what others share. */
export function withinBudget(own: Budget, shared: Budget): Budget {
  return {
    size: () => Math.min(own.size(), shared.size()),
    resize: own.resize,
    free: () => Math.min(own.free(), shared.free()),
    take: async (amount, signal) => {
      const giveBack = await own.take(amount, signal);
      try {
        const release = await shared.take(amount, signal);
        return () => {
          release();
          giveBack();
        };
      } catch (error) {
        giveBack();
        throw error;
      }
    },
  };
}

function during<A extends readonly unknown[], T>(
  activity: Activity,
  kind: BusyWith,
  act: (...args: A) => Promise<T>,
): (...args: A) => Promise<T> {
  return async (...args) => {
    const end = activity.begin(kind);
    try {
      return await act(...args);
    } finally {
      end();
    }
  };
}
