import { type Budget, budget } from "../core/budget.ts";
import type { Clock } from "../core/clock.ts";
import { firstWidth, nextWidth, type Width, type WidthBounds } from "../core/width.ts";

/** Between two changes of a width: long enough that a change shows. */
const intervalMs = 2000;
const firstSlots = 16;
const bytesPerMegabyte = 1_000_000;

/** The files that a process has in flight, as many as do the most. */
export type Widening = {
  /** Slots for files, and bytes in memory; what is taken of them tells how much is done. */
  readonly files: Budget;
  readonly memory: Budget;
  /** Looks whether it is time to change the width; to be called often while there is work, with what was refused since. */
  readonly look: (refused?: number) => void;
};

/** Opens a width that moves within bounds; `told` hears of every change and why. */
export function openWidening(
  clock: Clock,
  bounds: WidthBounds,
  memoryBytes: number,
  told: (width: Width) => void,
): Widening {
  let width = firstWidth(Math.min(firstSlots, bounds.most));
  const files = counted(budget(width.slots));
  const memory = counted(budget(memoryBytes));
  let sinceMs = clock.nowMs();
  let uses = 0;
  let looks = 0;
  let refusals = 0;

  function begin(nowMs: number): void {
    sinceMs = nowMs;
    uses = 0;
    looks = 0;
    refusals = 0;
    files.taken();
    memory.taken();
  }

  return {
    files: files.budget,
    memory: memory.budget,
    look: (refused = 0) => {
      refusals += refused;
      const nowMs = clock.nowMs();
      const seconds = (nowMs - sinceMs) / 1000;
      uses += 1 - Math.max(0, files.budget.free()) / files.budget.size();
      looks++;
      if (seconds >= 0 && seconds < intervalMs / 1000) return;
      // Nobody looked for long, or the clock was set back: such an interval says nothing.
      if (seconds < 0 || seconds > 2 * (intervalMs / 1000)) return begin(nowMs);
      const before = width;
      width = nextWidth(
        width,
        {
          filesPerSecond: files.taken() / seconds,
          megabytesPerSecond: memory.taken() / bytesPerMegabyte / seconds,
          used: uses / looks,
          refused: refusals,
        },
        bounds,
      );
      begin(nowMs);
      if (width.slots === before.slots) return;
      files.budget.resize(width.slots);
      told(width);
    },
  };
}

function counted(inner: Budget): { readonly budget: Budget; readonly taken: () => number } {
  let sum = 0;
  return {
    budget: {
      ...inner,
      take: async (amount, signal) => {
        const release = await inner.take(amount, signal);
        sum += amount;
        return release;
      },
      now: (amount) => {
        const release = inner.now(amount);
        if (release !== undefined) sum += amount;
        return release;
      },
    },
    taken: () => {
      const before = sum;
      sum = 0;
      return before;
    },
  };
}
