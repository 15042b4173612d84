/** What a process did in one interval, at one width. */
export type Flow = {
  readonly filesPerSecond: number;
  readonly megabytesPerSecond: number;
  /** The part of the slots that was in use, on average. */
  readonly used: number;
  /** Requests that a store refused as too many. */
  readonly refused: number;
};

/** How many files a process has in flight, why, and what that is compared with. */
export type Width = {
  readonly slots: number;
  readonly why: string;
  /**
   * growing   the last change was to more, and `before` is how it went with fewer
   * settled   nothing was changed for so many intervals
   * trying    a little more or a little less is being looked at
   */
  readonly phase: "growing" | "settled" | "trying";
  readonly before?: { readonly slots: number; readonly flow: Flow };
  readonly quiet: number;
  /** Which way is tried next. */
  readonly tryNext: "more" | "less";
};

/** Between which numbers of slots a width moves. */
export type WidthBounds = { readonly least: number; readonly most: number };

const enoughUse = 0.85;
const worthGrowing = 1.1;
const worthKeeping = 1.03;
const notWorse = 0.98;
const quietIntervals = 5;
const tryMore = 1.3;
const tryLess = 0.75;

/** The width of a process that has seen nothing yet. */
export function firstWidth(slots: number): Width {
  return { slots, why: "nothing is known yet", phase: "growing", quiet: 0, tryNext: "more" };
}

/**
 * The width after one more interval. It is files and bytes a second that decide; latency has no say of its own, as it is
 * slots through files a second: a change that does no more only makes all wait longer.
 *   slots idle                           as it is: more would be idle too
 *   requests refused, instead of more    as it is: the pace answers that, and more files would only wait for it; growing
 *                                        goes on if nothing is refused any more within five intervals
 *   growing, no comparison yet           twice as many
 *   growing, at least 10 % more done     twice as many again
 *   growing, else                        back to what it was before, settled
 *   settled for five intervals           a third more, or a quarter less, in turn
 *   trying more, at least 3 % more done  kept, and growing from there
 *   trying less, no more than 2 % lost   kept: fewer do as well, in less memory
 *   trying, else                         back
 */
export function nextWidth(width: Width, flow: Flow, { least, most }: WidthBounds): Width {
  const { slots, phase, before } = width;
  if (flow.used < enoughUse) {
    return { ...settledAt(width, slots, `${percent(flow.used)} of the slots are in use`), quiet: width.quiet };
  }
  const to = (next: number, changes: Pick<Width, "phase" | "why">): Width => {
    const bounded = Math.min(most, Math.max(least, Math.round(next)));
    if (bounded > slots && flow.refused > 0) {
      const as = settledAt(width, slots, `${flow.refused} requests were refused: no more at a time`);
      // Whoever was still growing goes on as soon as nothing is refused; a store that goes on refusing has enough.
      const isWaiting = phase === "growing" && width.quiet + 1 < quietIntervals;
      return isWaiting ? { ...as, phase, quiet: width.quiet + 1 } : { ...as, tryNext: "less" };
    }
    if (bounded === slots)
      return settledAt(width, slots, bounded === most ? "the most there are" : "the least there are");
    return { ...width, ...changes, slots: bounded, before: { slots, flow }, quiet: 0 };
  };
  if (phase === "settled" || before === undefined) {
    if (phase === "growing") return to(2 * slots, { phase, why: "looking whether more do more" });
    if (width.quiet + 1 < quietIntervals) return { ...width, quiet: width.quiet + 1 };
    const isMore = width.tryNext === "more";
    const why = isMore ? "looking whether more do more" : "looking whether fewer do as well";
    return { ...to(slots * (isMore ? tryMore : tryLess), { phase: "trying", why }), tryNext: isMore ? "less" : "more" };
  }
  const gain = gainOf(before.flow, flow);
  const said = `${slots} slots do ${percent(gain)} of what ${before.slots} did`;
  if (slots < before.slots) return settledAt(width, gain >= notWorse ? slots : before.slots, said);
  if (gain >= (phase === "growing" ? worthGrowing : worthKeeping))
    return to(2 * slots, { phase: "growing", why: said });
  return settledAt(width, before.slots, said);
}

function settledAt({ tryNext }: Width, slots: number, why: string): Width {
  return { slots, why, phase: "settled", quiet: 0, tryNext };
}

function gainOf(before: Flow, now: Flow): number {
  const done = workOf(before);
  return done === 0 ? 2 : workOf(now) / done;
}

// At an account's default limits (25 Gbps, 20,000 requests/s) one request is worth so many bytes: small files are counted
// and large ones weighed.
const megabytesPerFile = 0.156;

function workOf({ filesPerSecond, megabytesPerSecond }: Flow): number {
  return megabytesPerSecond + megabytesPerFile * filesPerSecond;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
