import { isKind } from "../core/error.ts";
import { asciiJson } from "../core/json.ts";
import { childPath, pathFrom } from "../core/path.ts";
import type { MigrationRequest } from "../core/request.ts";
import { isOfSourceOnly, type Run } from "../core/run.ts";
import { unsafeStart } from "../core/range.ts";
import { newMeter } from "../wire/meter.ts";
import type { App } from "./app.ts";
import { connectionFor } from "./lakes.ts";
import type { FieldError } from "./problem.ts";

/** Whoever starts a migration doesn't wait for a slow source. */
const askingMs = 5000;
const mebibyte = 1024 * 1024;

/** What a run's row has room for, beside all else that comes to be in it; in characters of JSON in ASCII. */
const maxRequestUnits = 400_000;

/** What this app can't do of a well-formed request, with the limit and the setting that makes it. */
export function whatCantBeDone(
  app: App,
  request: MigrationRequest,
  about: Pick<Run, "job"> = {},
): readonly FieldError[] {
  const wrong = wrongConnections(app, request);
  return [
    ...(isOfSourceOnly(about) ? wrong.filter(({ field }) => field !== "sink.connection") : wrong),
    ...tooManyConnections(app, request),
    ...tooLargeBlocks(app, request),
    ...unclearRanges(request),
    ...tooLong(request),
  ];
}

function wrongConnections({ connections }: App, { source, sink }: MigrationRequest): readonly FieldError[] {
  const named = [
    { field: "source.connection", name: source.connection, kind: "adls-gen1" },
    { field: "sink.connection", name: sink.connection, kind: "adls-gen2" },
  ] as const;
  return named.flatMap(({ field, name, kind }): FieldError[] => {
    try {
      connectionFor(connections, name, kind);
      return [];
    } catch (error) {
      if (!isKind(error, "invalid")) throw error;
      return [{ field, message: error.detail }];
    }
  });
}

/** Connections that a process of this app would never open. */
export function tooManyConnections(
  { maxConnections }: Pick<App, "maxConnections">,
  {
    source,
    sink,
  }: Readonly<Record<"source" | "sink", { readonly maxConcurrentConnections?: number | null | undefined }>>,
): readonly FieldError[] {
  return Object.entries({ source, sink }).flatMap(([side, { maxConcurrentConnections: asked }]): FieldError[] => {
    if (asked === undefined || asked === null || asked <= maxConnections) return [];
    const message = `${asked} is more than the ${maxConnections} connections of this app; ask for fewer, or raise the setting Lakeferry__connections`;
    return [{ field: `${side}.maxConcurrentConnections`, message }];
  });
}

// One block is filled while another is on its way.
function tooLargeBlocks({ ferry }: App, { sink: { blockSizeInMB } }: MigrationRequest): readonly FieldError[] {
  const memoryMiB = Math.floor(ferry.memory.size() / mebibyte);
  const most = Math.floor(memoryMiB / 2);
  if (blockSizeInMB === undefined || blockSizeInMB <= most) return [];
  const message = `${blockSizeInMB} MiB is more than ${most} MiB, half of the ${memoryMiB} MiB that files on their way may take; ask for smaller blocks, or raise the setting Lakeferry__memoryMiB`;
  return [{ field: "sink.blockSizeInMB", message }];
}

/**
 * What the one file that a request names makes of its block size. Nothing when the source can't be asked now: the run
 * itself will say so.
 */
export async function tooSmallBlocks({ ferry }: App, request: MigrationRequest): Promise<readonly FieldError[]> {
  const { source, sink } = request;
  if (sink.blockSizeInMB === undefined || source.fileName === undefined) return [];
  const path = childPath(pathFrom(source.folderPath), source.fileName);
  try {
    const { bytes } = await ferry
      .lakes(request, newMeter(), ferry.valves())
      .source.stat(path, AbortSignal.timeout(askingMs));
    ferry.sizes.bytesFor(path, bytes, sink.blockSizeInMB);
    return [];
  } catch (error) {
    if (!isKind(error, "invalid") || error.op !== "blockSizeInMB") return [];
    return [{ field: "sink.blockSizeInMB", message: error.detail }];
  }
}

function unclearRanges({ source: { ranges = [] } }: MigrationRequest): readonly FieldError[] {
  const index = unsafeStart(ranges.map(({ listAfter }) => (listAfter === undefined ? {} : { after: listAfter })));
  if (index === undefined) return [];
  const bound = ranges[index]?.listAfter ?? "";
  const point = bound.codePointAt(bound.search(/[\ud800-\uffff]/)) ?? 0;
  const code = `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
  const message = `holds ${code}; lakes disagree about the order of names from U+D800 on, so such a start can't be united with other ranges; give this range a migration of its own`;
  return [{ field: `source.ranges.${index}.listAfter`, message }];
}

function tooLong(request: MigrationRequest): readonly FieldError[] {
  const units = asciiJson(request).length;
  if (units <= maxRequestUnits) return [];
  const message = `takes ${units} characters; at most ${maxRequestUnits} can be kept, where one beyond ASCII counts as six; give fewer ranges, or shorter ones`;
  return [{ field: "(body)", message }];
}
