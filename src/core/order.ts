/**
 * Which of two names comes first is asked of lakes that may order by UTF-16 units or by UTF-8 bytes, and that may order a
 * folder as if a slash stood behind its name. What all these orders agree on is safe to act upon.
 */

/** True when `a` comes before `b` whether names are ordered by UTF-16 units or by UTF-8 bytes. */
export function isBeforeInAny(a: string, b: string): boolean {
  return a < b && isBeforeInBytes(a, b);
}

/** True when `a` comes before `b` as UTF-8 bytes. */
export function isBeforeInBytes(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [one, other] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (one !== other) return byteRank(one) < byteRank(other);
  }
  return a.length < b.length;
}

// Supplementary characters, two units from U+D800 on, come last as bytes.
function byteRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}

/** The place of an item where folders are ordered with a slash behind; it is the one that decides on which side of a name an item lies. */
export function placeOf({ name, kind }: { readonly name: string; readonly kind: "file" | "folder" }): string {
  return kind === "folder" ? `${name}/` : name;
}

/**
 * Names that an item standing before `name` in plain order may have though its place comes after it: those of folders that
 * `name` goes on from with a character below the slash, as "part" and "part-1".
 */
export function namesBehind(name: string): readonly string[] {
  const names: string[] = [];
  for (let index = 1; index < name.length; index++) if ((name[index] ?? "/") < "/") names.push(name.slice(0, index));
  return names;
}

/**
 * A name up to where lakes begin to disagree about order, with a sign that it goes on. Along a listing in either order these
 * keys never fall, and names with different keys are in the order of these.
 */
export function orderKey(name: string): string {
  const unsafe = name.search(/[\ud800-\uffff]/);
  return unsafe < 0 ? name : `${name.slice(0, unsafe)}\ud800`;
}

/** The orders that a listing has kept to so far. */
export type Ascent = {
  /** Takes the next item; false once no order is left that a lake may have. */
  readonly take: (item: { readonly name: string; readonly kind: "file" | "folder" }) => boolean;
  /** Which orders of characters are left. */
  readonly keeps: () => { readonly units: boolean; readonly bytes: boolean };
};

/** Watches the order of a listing; `marksFolders`: folders may stand as if a slash were behind their names. */
export function openAscent(marksFolders: boolean): Ascent {
  let last: { readonly name: string; readonly place: string } | undefined;
  const left = { units: true, bytes: true, placeUnits: marksFolders, placeBytes: marksFolders };
  return {
    take: ({ name, kind }) => {
      const place = placeOf({ name, kind });
      if (last !== undefined) {
        left.units &&= last.name < name;
        left.bytes &&= isBeforeInBytes(last.name, name);
        left.placeUnits &&= last.place < place;
        left.placeBytes &&= isBeforeInBytes(last.place, place);
      }
      last = { name, place };
      return left.units || left.bytes || left.placeUnits || left.placeBytes;
    },
    keeps: () => ({ units: left.units || left.placeUnits, bytes: left.bytes || left.placeBytes }),
  };
}
