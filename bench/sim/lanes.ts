import type { Clock } from "../../src/core/clock.ts";
import type { ClaimedPacket } from "../../src/state/claimed.ts";
import type { Work } from "../../src/state/work.ts";
import type { Onlooker } from "./lakes.ts";

/**
 * What a lane does. "absent": no slice runs in it. "waiting": its slice has no packet and no request to a lake under
 * way. "holding": it has a packet and waits for memory, slots or the state store. "busy": a request to a lake is under way.
 */
export type LaneState = "absent" | "waiting" | "holding" | "busy";

/** Lane milliseconds by what the lanes did. */
export type LaneTimes = Readonly<Record<LaneState, number>>;

/** What is seen of all lanes of a run. */
export type LaneWatch = {
  /** A slice begins in a lane. */
  readonly begin: (lane: number) => SliceWatch;
  /** How many lanes do what now. */
  readonly now: () => LaneTimes;
  /** Everything since the start, up to the last answer of a lake: afterwards there is no work left. */
  readonly sums: () => LaneTimes;
  /** The same, from when 90 % of the lanes have been busy once, or from `rampMs` at the latest. */
  readonly sumsAfterRamp: () => LaneTimes;
  /** When that was. */
  readonly rampedMs: () => number | undefined;
};

/** What is seen of one slice. */
export type SliceWatch = Onlooker & {
  /** The same work, seen. */
  readonly watched: (work: Work) => Work;
  readonly end: () => void;
};

const zero: LaneTimes = { absent: 0, waiting: 0, holding: 0, busy: 0 };

/** Watches so many lanes. */
export function watchLanes(clock: Clock, lanes: number, rampMs: number): LaneWatch {
  const startMs = clock.nowMs();
  const counts = { ...zero, absent: lanes };
  const sums = { ...zero };
  const everBusy = new Set<number>();
  let sinceMs = startMs;
  let atLastAnswer = { ...zero };
  let ramp: { readonly atMs: number; readonly sums: LaneTimes } | undefined;

  function settle(): void {
    const nowMs = clock.nowMs();
    const ms = nowMs - sinceMs;
    if (ms === 0) return;
    const rampEndMs = startMs + rampMs;
    if (ramp === undefined && nowMs >= rampEndMs) {
      ramp = { atMs: rampEndMs, sums: grown(rampEndMs - sinceMs) };
    }
    Object.assign(sums, grown(ms));
    sinceMs = nowMs;
  }

  function grown(ms: number): LaneTimes {
    const { absent, waiting, holding, busy } = counts;
    return {
      absent: sums.absent + absent * ms,
      waiting: sums.waiting + waiting * ms,
      holding: sums.holding + holding * ms,
      busy: sums.busy + busy * ms,
    };
  }

  function begin(lane: number): SliceWatch {
    let state: LaneState = "absent";
    let packets = 0;
    let requests = 0;
    let isOver = false;

    function turn(next: LaneState): void {
      if (next === state) return;
      settle();
      counts[state]--;
      counts[next]++;
      state = next;
      if (next !== "busy" || everBusy.has(lane)) return;
      everBusy.add(lane);
      if (ramp === undefined && everBusy.size >= 0.9 * lanes) ramp = { atMs: clock.nowMs(), sums: { ...sums } };
    }

    // What a slice has left under way is answered after its end.
    function look(): void {
      if (isOver) return;
      turn(requests > 0 ? "busy" : packets > 0 ? "holding" : "waiting");
    }

    function watchedPacket(packet: ClaimedPacket): ClaimedPacket {
      packets++;
      look();
      let isHeld = true;
      const letGo = () => {
        if (isHeld) packets--;
        isHeld = false;
        look();
      };
      return {
        ...packet,
        save: async (step, signal) => {
          const saved = await packet.save(step, signal);
          if (step.isLast || saved.ended === "fenced") letGo();
          return saved;
        },
      };
    }

    look();
    return {
      sent: () => {
        requests++;
        look();
      },
      answered: () => {
        requests--;
        // Only the first one of a millisecond finds anything to add up.
        settle();
        atLastAnswer = { ...sums };
        look();
      },
      watched: (work) => ({
        ...work,
        claim: async (...asked) => {
          const packet = await work.claim(...asked);
          return packet === undefined ? undefined : watchedPacket(packet);
        },
      }),
      end: () => {
        isOver = true;
        turn("absent");
      },
    };
  }

  return {
    begin,
    now: () => ({ ...counts }),
    sums: () => atLastAnswer,
    sumsAfterRamp: () => {
      if (ramp === undefined) return zero;
      const before = ramp.sums;
      return {
        absent: atLastAnswer.absent - before.absent,
        waiting: atLastAnswer.waiting - before.waiting,
        holding: atLastAnswer.holding - before.holding,
        busy: atLastAnswer.busy - before.busy,
      };
    },
    rampedMs: () => ramp?.atMs,
  };
}
