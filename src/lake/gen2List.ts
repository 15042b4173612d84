import { randomUUID } from "node:crypto";
import { SaxesParser } from "saxes";
import type { SinkEntry, SinkPage } from "../core/entry.ts";
import { isKind, LakeError, messageOf } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import { isOrderSafe } from "../core/range.ts";
import { patiently } from "../wire/retry.ts";
import type { Send } from "../wire/send.ts";
import { itemOfListing } from "./gen2Item.ts";
import { type Gen2Account, serviceVersion } from "./gen2Wire.ts";
import type { ListFrom, Sink } from "./lake.ts";
import type { Patience } from "./resume.ts";

const op = "List Blobs";
const pageSize = 5000;
const pieceBytes = 32 * 1024;
/** From this version on a listing can begin at a name. */
const startingVersion = "2026-02-06";

/**
 * The children of a folder by List Blobs: one request tells metadata and access of up to 5,000 items. A service too old
 * to begin at a name begins with the folder's first.
 */
export function gen2List(send: Send, account: Gen2Account, fileSystem: string, patience: Patience): Sink["list"] {
  const { origin, pathname } = new URL(`${account.blob}/${fileSystem}`);
  let canStart = true;

  async function ask(folder: LakePath, from: ListFrom, signal: AbortSignal | undefined): Promise<SinkPage> {
    const above = folder === "/" ? "" : `${folder.slice(1)}/`;
    const after = "token" in from ? undefined : from.after;
    const isStarting = canStart && after !== undefined;
    const query = new URLSearchParams({
      restype: "container",
      comp: "list",
      delimiter: "/",
      include: "metadata,permissions",
      maxresults: String(pageSize),
    });
    const prefix = `${above}${"token" in from ? prefixIn(from.token) : sharedPrefix(from.after, from.upTo)}`;
    if (prefix !== "") query.set("prefix", prefix);
    if ("token" in from) query.set("marker", markerIn(from.token));
    if (isStarting) query.set("startFrom", `${above}${after}`);
    try {
      const reply = await send({
        op,
        path: folder,
        method: "GET",
        origin,
        target: `${pathname}?${query.toString().replaceAll("+", "%20")}`,
        headers: {
          "x-ms-version": isStarting ? startingVersion : serviceVersion,
          "x-ms-client-request-id": randomUUID(),
        },
        safe: true,
        signal,
      });
      const { entries, marker } = parseBlobs(reply.body, above.length, folder);
      return marker === "" ? { entries } : { entries, next: `${prefix.slice(above.length)}/${marker}` };
    } catch (error) {
      if (!isStarting || !isKind(error, "invalid")) throw error;
      canStart = false;
      return ask(folder, from, signal);
    }
  }

  // A reply that ends early is seen when it is read: asked for again, as patiently as one that doesn't come.
  return (folder, from, signal) => patiently(() => ask(folder, from, signal), patience.backoff, patience.clock, signal);
}

// What all names of an interval begin with: a listing of these alone needs no newer service. A token has it before "/".
function sharedPrefix(after: string | undefined, upTo: string | undefined): string {
  if (after === undefined || upTo === undefined || !isOrderSafe(after) || !isOrderSafe(upTo)) return "";
  let length = 0;
  while (length < after.length && after[length] === upTo[length]) length++;
  return after.slice(0, length);
}

function prefixIn(token: string): string {
  return token.slice(0, token.indexOf("/"));
}

function markerIn(token: string): string {
  return token.slice(token.indexOf("/") + 1);
}

/** Reads a reply; names without their first `skipped` characters. */
function parseBlobs(
  xml: Uint8Array,
  skipped: number,
  folder: LakePath,
): { readonly entries: readonly SinkEntry[]; readonly marker: string } {
  const entries: SinkEntry[] = [];
  let marker: string | undefined;
  let item: { readonly isPrefix: boolean; name: string } | undefined;
  let properties: Record<string, string> = {};
  let metadata: Record<string, string> = {};
  let isMetadata = false;
  let isEncoded = false;
  let text = "";

  const parser = new SaxesParser({ position: false });
  parser.on("opentag", ({ name, attributes }) => {
    text = "";
    if (name === "Blob" || name === "BlobPrefix") {
      item = { isPrefix: name === "BlobPrefix", name: "" };
      properties = {};
      metadata = {};
    } else if (name === "Metadata") isMetadata = true;
    else if (name === "Name") isEncoded = attributes["Encoded"] === "true";
  });
  parser.on("text", (more) => {
    text += more;
  });
  parser.on("closetag", ({ name }) => {
    if (name === "NextMarker") marker = text;
    if (item === undefined) return;
    if (name === "Blob" || name === "BlobPrefix") {
      if (item.name !== "") entries.push({ name: item.name, ...itemOfListing(item.isPrefix, properties, metadata) });
      item = undefined;
    } else if (name === "Metadata") isMetadata = false;
    else if (isMetadata) metadata[name.toLowerCase()] = text;
    else if (name === "Name") item.name = nameOf(text, skipped, isEncoded);
    else properties[name] = text;
    text = "";
  });
  const decoder = new TextDecoder();
  try {
    // In pieces: a name that is kept would keep the whole text that it was cut from.
    for (let at = 0; at < xml.byteLength; at += pieceBytes) {
      parser.write(decoder.decode(xml.subarray(at, at + pieceBytes), { stream: true }));
    }
    parser.close();
  } catch (error) {
    const detail = `the reply is not whole XML (${xml.byteLength} bytes): ${messageOf(error)}`;
    throw new LakeError("unavailable", { op, path: folder, detail, retry: "later" });
  }
  if (marker === undefined) {
    throw new LakeError("unexpected", { op, path: folder, detail: "the reply is not Gen2's: no NextMarker" });
  }
  return { entries, marker };
}

// Characters that XML can't hold come percent-encoded; a folder may end with the delimiter.
function nameOf(text: string, skipped: number, isEncoded: boolean): string {
  const path = isEncoded ? decodeURIComponent(text) : text;
  return path.slice(skipped, path.endsWith("/") ? -1 : undefined);
}
