import type { WireReply } from "../kit/wire.ts";
import { permissionsText } from "./access.ts";
import { type Call, numberParameter, parameter } from "./call.ts";
import { need } from "./lake.ts";
import { type Listed, nameInToken, takePage, tokenOf, walk } from "./listing.ts";
import { parsePlace } from "./place.ts";
import { Refusal } from "./refusal.ts";
import { httpDate, jsonReply } from "./reply.ts";

/** Lists the paths below a folder, one page at a time. */
export function listPaths(call: Call): WireReply {
  const { lake, place } = call;
  const directory = parameter(call, "directory")?.replace(/^\/+|\/+$/g, "") ?? "";
  const folder = directory === "" ? place : parsePlace(`/${place.fileSystem}/${encodeURIComponent(directory)}`, "");
  if (need(lake, folder).kind !== "folder") throw new Refusal("PathNotFound");
  const size = numberParameter(call, "maxresults", { least: 1, most: MAX_RESULTS }, MAX_RESULTS);
  const token = parameter(call, "continuation");
  const page = takePage(
    walk(lake, {
      folder: folder.path,
      isRecursive: parameter(call, "recursive")?.toLowerCase() === "true",
      from: token === undefined ? undefined : nameInToken(token),
      namePrefix: "",
      marksFolders: false,
    }),
    size,
  );
  const skipped = place.fileSystem.length + 1;
  return jsonReply(
    200,
    { paths: page.items.map((listed) => listedPath(listed, skipped)) },
    page.next === undefined ? {} : { "x-ms-continuation": tokenOf(page.next) },
  );
}

const MAX_RESULTS = 5000;
const MS_FROM_1601 = 11_644_473_600_000;

function listedPath({ path, item }: Listed, skipped: number): Readonly<Record<string, string>> {
  return {
    contentLength: String(item.kind === "file" ? item.bytes : 0),
    creationTime: fileTime(item.createdMs),
    etag: item.etag,
    ...(item.kind === "file" ? { expiryTime: expiryTime(item.expiresMs) } : {}),
    group: item.group,
    ...(item.kind === "folder" ? { isDirectory: "true" } : {}),
    lastModified: httpDate(item.modifiedMs),
    name: path.slice(skipped),
    owner: item.owner,
    permissions: permissionsText(item),
  };
}

// Ticks of 100 ns since 1601.
function fileTime(ms: number): string {
  return String(BigInt(ms + MS_FROM_1601) * 10_000n);
}

function expiryTime(expiresMs: number | undefined): string {
  return expiresMs === undefined ? "0" : fileTime(Math.floor(expiresMs));
}
