import type { WireReply } from "../kit/wire.ts";
import { requestedAccess } from "./access.ts";
import { assemble, type Choice } from "./assemble.ts";
import { type Call, header, numberParameter, parameter } from "./call.ts";
import { checkWrite } from "./conditions.ts";
import { dfsContentHeaders, expiryOf, propertiesHeader } from "./describe.ts";
import { find, makeParents, need, needFileSystem, newborn } from "./lake.ts";
import { checkLease } from "./leases.ts";
import { checksumHeaders, orDiscard, receive } from "./receive.ts";
import { Refusal, type RefusalCode } from "./refusal.ts";
import { ENCRYPTED, versionHeaders } from "./reply.ts";
import { partKey, stagedParts } from "./staged.ts";
import type { FileItem, FolderItem, Item, Piece } from "./store.ts";

/** Creates an empty file in place of an earlier one, or a folder; a folder that is there keeps its children. */
export function createPath(call: Call): WireReply {
  const { lake, place } = call;
  needFileSystem(lake, place);
  const kind: Item["kind"] = parameter(call, "resource") === "directory" ? "folder" : "file";
  const old = find(lake, place.path);
  checkWrite(call, old);
  checkLease(call);
  if (old !== undefined && old.kind !== kind) throw new Refusal("PathConflict");
  const parent = makeParents(lake, place);
  const born = newborn(lake, parent);
  const common = {
    ...born,
    ...requestedAccess(call, parent, kind),
    metadata: propertiesHeader(call) ?? born.metadata,
    owner: header(call, "x-ms-owner") ?? born.owner,
    group: header(call, "x-ms-group") ?? born.group,
  };
  if (kind === "folder") {
    const item: FolderItem = { kind, ...common };
    lake.store.putFolder(place.path, item);
    return created(item);
  }
  const item: FileItem = {
    kind,
    ...common,
    bytes: 0,
    headers: dfsContentHeaders(call),
    md5: undefined,
    expiresMs: expiryOf(call, born.createdMs),
    tier: undefined,
    writer: "dfs",
    blocks: [],
  };
  lake.store.putFile(place.path, item, { kind: "memory", bytes: 0, chunks: [] });
  lake.store.unstage(place.path);
  return created(item);
}

/** Stages bytes at a position; with `flush=true` they become content at once. */
export async function append(call: Call): Promise<WireReply> {
  const { lake, place } = call;
  const position = neededPosition(call);
  const received = await receive(call, lake.maxAppendBytes);
  const { content } = received;
  orDiscard(call, content, () => {
    const item = needDfsFile(call, "InvalidAppendOperation");
    checkLease(call);
    if (content.bytes === 0) throw new Refusal("InvalidHeaderValue", "An append needs a body.");
    if (position < item.bytes)
      throw new Refusal("InvalidFlushPosition", "The position lies in data that is already flushed.");
    lake.store.stage(place.path, {
      key: partKey("append", String(position)),
      bytes: content.bytes,
      stagedMs: lake.nowMs(),
      content,
    });
  });
  if (parameter(call, "flush")?.toLowerCase() !== "true")
    return { status: 202, headers: { ...checksumHeaders(received), ...ENCRYPTED } };
  const item = await commitAppends(call, position + content.bytes, header(call, "content-type"));
  return { status: 202, headers: { ...versionHeaders(item), ...checksumHeaders(received), ...ENCRYPTED } };
}

/** Makes what was appended up to a position the file's content. */
export async function flush(call: Call): Promise<WireReply> {
  const item = await commitAppends(call, neededPosition(call), undefined);
  return { status: 200, headers: { ...versionHeaders(item), "x-ms-request-server-encrypted": "false" } };
}

type ChosenAppends = Choice & { readonly item: FileItem };

function created(item: Item): WireReply {
  return { status: 201, headers: { ...versionHeaders(item), ...ENCRYPTED } };
}

function neededPosition(call: Call): number {
  if (parameter(call, "position") === undefined)
    throw new Refusal("MissingRequiredQueryParameter", "position is missing.");
  return numberParameter(call, "position", { least: 0, most: Number.MAX_SAFE_INTEGER }, 0);
}

// The service doesn't mix the two protocols' ways of writing in one file.
function needDfsFile(call: Call, otherwise: RefusalCode): FileItem {
  const item = need(call.lake, call.place);
  if (item.kind === "folder") throw new Refusal("ResourceTypeMismatch");
  if (item.writer === "blob") throw new Refusal(otherwise);
  return item;
}

async function commitAppends(call: Call, position: number, plainType: string | undefined): Promise<FileItem> {
  return assemble(
    call,
    () => choose(call, position),
    (content, { item }) => {
      const { lake, place } = call;
      checkWrite(call, item);
      checkLease(call);
      const flushed: FileItem = {
        ...item,
        etag: lake.newEtag(),
        modifiedMs: lake.nowMs(),
        bytes: content.bytes,
        headers: dfsContentHeaders(call, plainType),
        md5: header(call, "x-ms-content-md5"),
      };
      const isLater = (key: string): boolean =>
        retains(call) && Number(key.slice(partKey("append", "").length)) >= position;
      lake.store.putFile(place.path, flushed, content);
      lake.store.unstage(place.path, isLater);
      return flushed;
    },
  );
}

function retains(call: Call): boolean {
  return parameter(call, "retainuncommitteddata")?.toLowerCase() === "true";
}

function choose(call: Call, position: number): ChosenAppends {
  const { lake, place } = call;
  const item = needDfsFile(call, "InvalidFlushOperation");
  const pieces: Piece[] = item.bytes === 0 ? [] : [{ from: place.path, start: 0, bytes: item.bytes }];
  let end = item.bytes;
  const parts = stagedParts(lake, place.path, "append").toSorted((a, b) => Number(a.name) - Number(b.name));
  for (const { name, bytes, content } of parts) {
    if (Number(name) !== end || (retains(call) && end === position)) break;
    pieces.push({ from: content, start: 0, bytes });
    end += bytes;
  }
  if (end !== position) throw new Refusal("InvalidFlushPosition");
  return { pieces, item, etag: item.etag };
}
