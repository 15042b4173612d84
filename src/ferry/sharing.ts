import type { Clock } from "../core/clock.ts";
import { shareFor } from "../core/lanes.ts";
import type { Walk } from "./walk.ts";

/** Parts that one gift can have. */
const maxParts = 16;
/** Of what is left at least so much goes with a gift; more where more lanes wait than work. */
const leastShare = 0.5;
/** Who has nothing to give looks again so soon: the page that it has asked for may be there by then. */
const againMs = 500;

/** How the holder of a packet answers lanes that wait. */
export type Sharing = {
  /** Told, with each pulse, how many lanes wait. */
  readonly hear: (hungry: number) => void;
  /** To be called often: gives what was asked for as soon as there is something, not more often than every few seconds. */
  readonly tend: (nowMs: number) => void;
};

/** What sharing needs of a walk and its packet. */
export type ShareMeans = {
  readonly clock: Clock;
  readonly walk: Pick<Walk, "spare" | "spread">;
  readonly lanes: number;
  /** Between two gifts. */
  readonly giveMs: number;
  /** Takes so many parts out of the walk and has them saved; false when there are none. */
  readonly giveAway: (parts: number, share: number) => Promise<boolean>;
  /** Told of a save that failed. */
  readonly failed: (error: unknown) => void;
};

/** Opens the sharing of one packet. */
export function openSharing({ clock, walk, lanes, giveMs, giveAway, failed }: ShareMeans): Sharing {
  let [parts, hungry] = [0, 0];
  let nextMs = Number.NEGATIVE_INFINITY;
  let isSharing = false;

  // A folder too wide to be divided is looked at more closely first.
  async function share(): Promise<void> {
    if (walk.spare() < parts) await walk.spread(maxParts).catch(() => undefined);
    const wasGiven = await giveAway(parts, Math.max(leastShare, hungry / lanes));
    if (wasGiven) parts = 0;
    nextMs = clock.nowMs() + (wasGiven ? giveMs : Math.min(againMs, giveMs));
  }

  return {
    hear: (waiting) => {
      hungry = waiting;
      parts = Math.min(maxParts, shareFor(waiting, lanes, clock.roll()));
    },
    tend: (nowMs) => {
      // A clock that was set back puts nothing off.
      const isDue = nowMs >= nextMs || nextMs - nowMs > giveMs;
      if (parts === 0 || isSharing || !isDue) return;
      isSharing = true;
      share()
        .catch(failed)
        .finally(() => (isSharing = false));
    },
  };
}
