import type { SinkEntry } from "./entry.ts";
import { type Mass, noMass } from "./extra.ts";
import type { LakePath } from "./path.ts";

/** An item of the sink as an errand keeps it: enough to tell of it, and to delete no other one. */
export type Met = Pick<SinkEntry, "name" | "kind" | "bytes" | "etag" | "origin" | "modifiedMs">;

/** A folder that an errand stands in; what lies before the place `told` is done with. */
export type Level = Met & { readonly told?: string };

/**
 * Something to be done at the sink beside the walk that came upon it. An errand is a part of the cut until the instant in which it
 * is over and counted, so that nothing is changed that isn't written down.
 */
export type Errand = ItemErrand | Bring;

/** An item that earlier walks of the run have not brought over is brought by this one. */
export type Bring = { readonly do: "bring"; readonly path: LakePath };

/** What only the sink has is weighed or deleted; what stands in the way of another kind makes room for it ("swap"). */
export type ItemErrand = {
  readonly do: "weigh" | "delete" | "swap";
  /** Its path at the source, or the one that it would have there. */
  readonly path: LakePath;
  /** What stands at the sink. */
  readonly item: Met;
  /** How far a folder was gone through: the item itself, and folders down from there. */
  readonly levels: readonly Level[];
  /** Items of the deepest of these folders, or of the one around them all, that may be deleted by now. */
  readonly trying: readonly Met[];
  /** What was found so far. */
  readonly mass: Mass;
  /** In an audit: whether the item may have lost its source only after the cut-off. */
  readonly isLater?: boolean;
};

/** An errand that nothing was done for. */
export function errandOf(kind: ItemErrand["do"], path: LakePath, item: SinkEntry): ItemErrand {
  return { do: kind, path, item: metAs(item), levels: [], trying: [], mass: noMass };
}

/** What an errand keeps of an item. */
export function metAs({ name, kind, bytes, etag, origin, modifiedMs }: SinkEntry): Met {
  return {
    name,
    kind,
    bytes,
    etag,
    ...(modifiedMs === undefined ? {} : { modifiedMs }),
    ...(origin === undefined ? {} : { origin }),
  };
}

/** How many items of the sink errands may have deleted already, without anybody having counted it. */
export function triedIn(errands: readonly Errand[]): number {
  return errands.reduce((sum, errand) => sum + (errand.do === "bring" ? 0 : errand.trying.length), 0);
}

type EncodedMet = readonly [string, number, string, number | null, string?, number?, string?];

/** An errand as JSON can hold it in little space; names, lengths and ETags of files are most of it. */
export type EncodedErrand = {
  readonly d: number;
  readonly p: string;
  readonly i?: EncodedMet;
  readonly l?: readonly (readonly [EncodedMet, string | 0])[];
  readonly t?: readonly EncodedMet[];
  readonly m?: readonly [number, number, number];
  readonly x?: boolean;
};

const kinds = ["weigh", "delete", "swap"] as const;

/** An errand for a row. */
export function encodeErrand(errand: Errand): EncodedErrand {
  if (errand.do === "bring") return { d: kinds.length, p: errand.path };
  const { do: kind, path, item, levels, trying, mass, isLater } = errand;
  const { files, folders, bytes } = mass;
  return {
    d: kinds.indexOf(kind),
    p: path,
    i: encodeMet(item),
    ...(levels.length === 0 ? {} : { l: levels.map((level) => [encodeMet(level), level.told ?? 0] as const) }),
    ...(trying.length === 0 ? {} : { t: trying.map(encodeMet) }),
    ...(files + folders === 0 ? {} : { m: [files, folders, bytes] }),
    ...(isLater === undefined ? {} : { x: isLater }),
  };
}

/** Reads what encodeErrand wrote. */
export function decodeErrand({
  d,
  p,
  i,
  l = [],
  t = [],
  m: [files, folders, bytes] = [0, 0, 0],
  x,
}: EncodedErrand): Errand {
  const path = p as LakePath;
  const kind = kinds[d];
  if (kind === undefined || i === undefined) return { do: "bring", path };
  return {
    do: kind,
    path,
    item: decodeMet(i),
    levels: l.map(([met, told]) => ({ ...decodeMet(met), ...(told === 0 ? {} : { told }) })),
    trying: t.map(decodeMet),
    mass: { files, folders, bytes },
    ...(x === undefined ? {} : { isLater: x }),
  };
}

// A folder's length is -1. Of where an item is from, what its line in the journal says.
function encodeMet({ name, kind, bytes, etag, origin, modifiedMs }: Met): EncodedMet {
  const met = [name, kind === "folder" ? -1 : bytes, etag, modifiedMs ?? null] as const;
  if (origin === undefined) return met;
  const of = origin.name === undefined ? ([] as const) : ([origin.name] as const);
  return [...met, origin.run, origin.modifiedMs, ...of];
}

function decodeMet([name, length, etag, sinkMs, run, modifiedMs = 0, of]: EncodedMet): Met {
  const bytes = Math.max(0, length);
  const kind = length < 0 ? "folder" : "file";
  const met = { name, kind, bytes, etag, ...(sinkMs === null ? {} : { modifiedMs: sinkMs }) } as const;
  if (run === undefined) return met;
  return { ...met, origin: { run, bytes, modifiedMs, ...(of === undefined ? {} : { name: of }) } };
}
