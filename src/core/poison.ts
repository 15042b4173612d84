/** Claims in a row that were lost without progress, until a packet is walked name by name, and until its name is given up. */
const narrowAfter = 3;
const condemnAfter = 5;

/** How a packet is walked: "narrow" is one name at a time, written down before it is started. */
export type Care = { readonly isNarrow: boolean; readonly condemned?: string };

/**
 * What a packet needs that lost `barren` workers in a row without progress. `suspect` is the name the last one had
 * written down; it is given up when even that was no help.
 */
export function careFor(barren: number, suspect: string | undefined): Care {
  if (barren < narrowAfter) return { isNarrow: false };
  if (barren < condemnAfter || suspect === undefined) return { isNarrow: true };
  return { isNarrow: true, condemned: suspect };
}
