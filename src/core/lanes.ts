import { lanesWithin, uncapped } from "./caps.ts";

/** How many lanes a run may use at most: "auto" finds out how many activity slots there are. */
export type Parallelism = "auto" | number;

/** The most lanes a run can have. */
export const maxLanes = 256;
const firstAuto = 4;

/** What the last wave showed: lanes asked for, those that got no slot in time, and those without work at its end. */
export type WaveSeen = { readonly lanes: number; readonly late: number; readonly idle: number };

/** How many lanes the next wave has, and why; `slots`: as many have been found to be taken, and no more. */
export type LanePlan = { readonly lanes: number; readonly why: string; readonly slots?: number };

/**
 * The lanes of the next wave. Asking for more follows the slots that were really taken and the work there is to share, up to `mostAuto`: a
 * wave with lanes that nobody could give work to is followed by one as wide as its packets, and a few lanes more that see
 * whether there is work to share again. Where the `slots` are known, it asks for a few more only, to see whether there are.
 */
export function planLanes(
  parallelism: Parallelism,
  packets: number,
  last: WaveSeen | undefined,
  mostAuto = maxLanes,
  caps = uncapped,
  slots?: number,
): LanePlan {
  const wished = parallelism === "auto" ? mostAuto : parallelism;
  const most = lanesWithin(caps, wished);
  if (last === undefined) return { lanes: 1, why: "the first slice looks around" };
  if (last.idle > 0) {
    const wanted = packets + Math.max(1, Math.floor(packets / 8));
    const why = `${last.idle} of ${last.lanes} lanes found no work; there are ${packets} packets`;
    return { lanes: within(wanted, most), why, ...(slots === undefined ? {} : { slots }) };
  }
  if (last.late > 0 && parallelism === "auto") {
    const why = `${last.late} of ${last.lanes} lanes got no slot in time`;
    const taken = within(last.lanes - last.late, most);
    return { lanes: taken, why, slots: taken };
  }
  const auto = mostAuto < maxLanes ? `its share beside other runs: ${most}` : `the most there are: ${most}`;
  const uncut = parallelism === "auto" ? auto : `as asked for: ${most}`;
  const asked = most < wished ? `one for each of maxConcurrentConnections: ${most}` : uncut;
  if (parallelism !== "auto" && last.lanes === 1) return { lanes: most, why: asked };
  const doubled = Math.max(2 * last.lanes, firstAuto);
  // More lanes than there were slots have got theirs: there are more slots now.
  const roof = slots === undefined || last.lanes > slots ? undefined : slots + Math.max(1, Math.floor(slots / 8));
  const wanted = Math.min(doubled, roof ?? doubled);
  const known = roof === undefined || slots === undefined ? {} : { slots };
  if (wanted >= most) return { lanes: most, why: asked, ...known };
  const beyond = roof === wanted ? `; ${slots} slots are known, more are looked for` : "";
  return { lanes: wanted, why: `all ${last.lanes} lanes were at work${beyond}`, ...known };
}

function within(lanes: number, most: number): number {
  return Math.max(1, Math.min(lanes, most));
}

/** As many packets are given away for each lane that waits: the others find one at once when they have done theirs. */
const partsForEach = 6;

/** Packets' worth of work that a holder gives away, now that `hungry` of `lanes` lanes wait; `roll` is in [0, 1). */
export function shareFor(hungry: number, lanes: number, roll: number): number {
  const holders = Math.max(1, lanes - hungry);
  const share = (partsForEach * hungry) / holders;
  return Math.floor(share) + (roll < share % 1 ? 1 : 0);
}

/** Lanes that have had nothing for `longMs`, while nobody had anything to give. */
export function starving(
  { waiting, lastGiftMs }: { readonly waiting: readonly number[]; readonly lastGiftMs: number },
  nowMs: number,
  longMs: number,
): number {
  if (nowMs - lastGiftMs < longMs) return 0;
  return waiting.filter((sinceMs) => nowMs - sinceMs >= longMs).length;
}

/** True when so many lanes starve that dealing anew is better than going on; one spare lane is no reason. */
export function isInVain(starved: number, lanes: number): boolean {
  return starved >= 2 && starved >= lanes / 4;
}
