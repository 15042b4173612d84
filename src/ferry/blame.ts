import { isKind, isOfLake } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import type { Crossing } from "./copy.ts";

/** This many items in a row that no patience could bring over mean that a lake is gone, not that the items are bad. */
const lostInARow = 32;
/** As many items a walk leaves for a later one; more would swell its saved cut. */
const maxPostponed = 200;

/** Decides whose fault it is that an item could not be brought over. */
export type Blame = {
  /** A lake's (it throws: the walk ends and its names stay open), nobody's yet, or the item's own. */
  readonly of: (error: unknown, signal: AbortSignal) => Promise<"postponed" | "item">;
  /** Told of an item that was brought over: the lakes are there. */
  readonly cleared: () => void;
};

/**
 * Nobody is to blame so far. `isPatient`: what the lakes would not serve after all tries is left for a later walk; without
 * patience it is a failure.
 */
export function openBlame({ source, sink, way }: Crossing, sourceRoot: LakePath, isPatient: boolean): Blame {
  let lost = 0;
  let postponed = 0;

  async function of(error: unknown, signal: AbortSignal): Promise<"postponed" | "item"> {
    // A stopped item is neither done nor failed: its name stays open.
    if (signal.aborted) throw error;
    lost = isOfLake(error) ? lost + 1 : 0;
    if (lost === 0) return "item";
    if (isKind(error, "unauthenticated")) await bothAnswer(signal);
    if (lost >= lostInARow) throw error;
    if (isPatient && postponed < maxPostponed) {
      postponed++;
      return "postponed";
    }
    await bothAnswer(signal);
    return "item";
  }

  // An item is to blame only while both lakes answer for their roots.
  async function bothAnswer(signal: AbortSignal): Promise<void> {
    for (const ask of [() => source.stat(sourceRoot, signal), () => sink.stat(way.moved(sourceRoot), signal)]) {
      try {
        await ask();
      } catch (error) {
        if (isOfLake(error)) throw error;
      }
    }
  }

  return {
    of,
    cleared: () => {
      lost = 0;
    },
  };
}
