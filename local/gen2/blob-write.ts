import type { WireReply } from "../kit/wire.ts";
import { inheritedAccess } from "./access.ts";
import { assemble, type Choice } from "./assemble.ts";
import { type Call, header, neededHeader, parameter } from "./call.ts";
import { checkWrite } from "./conditions.ts";
import { blobContentHeaders, expiryOf, metaHeaders } from "./describe.ts";
import { find, makeParents, needFileSystem, newborn } from "./lake.ts";
import { checkLease } from "./leases.ts";
import { checksumHeaders, orDiscard, receive, receiveText } from "./receive.ts";
import { Refusal } from "./refusal.ts";
import { ENCRYPTED, escapeXml, versionHeaders, xmlReply } from "./reply.ts";
import { type Named, partKey, stagedParts } from "./staged.ts";
import type { Block, Content, FileItem, Piece } from "./store.ts";

/** Put Blob: the whole content in one request. Access is inherited anew, whatever the file had. */
export async function putBlob(call: Call): Promise<WireReply> {
  if (neededHeader(call, "x-ms-blob-type") !== "BlockBlob") {
    throw new Refusal("InvalidHeaderValue", "Only block blobs can be written to a hierarchical namespace.");
  }
  const received = await receive(call, MAX_PUT_BYTES);
  const storedMd5 = header(call, "x-ms-blob-content-md5");
  const item = orDiscard(call, received.content, () => {
    if (storedMd5 !== undefined && storedMd5 !== received.md5) throw new Refusal("Md5Mismatch");
    return commit(call, received.content, {
      md5: received.md5,
      headers: blobContentHeaders(call, header(call, "content-type")),
      blocks: [],
    });
  });
  return { status: 201, headers: { ...versionHeaders(item), ...checksumHeaders(received), ...ENCRYPTED } };
}

/** Put Block: stages bytes under an id until a block list names it. */
export async function putBlock(call: Call): Promise<WireReply> {
  const { lake, place } = call;
  const id = parameter(call, "blockid") ?? "";
  if (!isBlockId(id)) throw new Refusal("InvalidQueryParameterValue", "blockid must be the base64 of 1 to 64 bytes.");
  const received = await receive(call, MAX_BLOCK_BYTES);
  const { content } = received;
  orDiscard(call, content, () => {
    needFileSystem(lake, place);
    refuseFolder(call);
    checkLease(call);
    // The service wants all ids of a blob to have one length; one staged block stands for the others.
    const [other] = lake.store.staged(place.path).values();
    if (other !== undefined && other.key.length !== partKey("block", id).length)
      throw new Refusal("InvalidBlobOrBlock");
    lake.store.stage(place.path, { key: partKey("block", id), bytes: content.bytes, stagedMs: lake.nowMs(), content });
  });
  return { status: 201, headers: { ...checksumHeaders(received), ...ENCRYPTED } };
}

/** Put Block List: makes staged and present blocks, in the order named, the content. */
export async function putBlockList(call: Call): Promise<WireReply> {
  needFileSystem(call.lake, call.place);
  const { text, received } = await receiveText(call, MAX_LIST_BYTES);
  const list = parseBlockList(text);
  const md5 = header(call, "x-ms-blob-content-md5");
  const headers = blobContentHeaders(call);
  const item = await assemble(
    call,
    () => choose(call, list),
    (content, { blocks }) => commit(call, content, { md5, headers, blocks }),
  );
  return { status: 201, headers: { ...versionHeaders(item), ...checksumHeaders(received), ...ENCRYPTED } };
}

/** Get Block List: the ids and lengths of present and staged blocks. */
export function getBlockList(call: Call): WireReply {
  const { lake, place } = call;
  needFileSystem(lake, place);
  const which = parameter(call, "blocklisttype") ?? "committed";
  const item = find(lake, place.path);
  const staged = stagedParts(lake, place.path, "block");
  if (item === undefined && staged.length === 0) throw new Refusal("PathNotFound");
  const committed = item?.kind === "file" ? item.blocks : [];
  const section = (tag: string, blocks: readonly { readonly id: string; readonly bytes: number }[]): string =>
    `<${tag}>${blocks.map(({ id, bytes }) => `<Block><Name>${escapeXml(id)}</Name><Size>${bytes}</Size></Block>`).join("")}</${tag}>`;
  const uncommitted = staged.map(({ name, bytes }) => ({ id: name, bytes }));
  const xml =
    (which === "uncommitted" ? "" : section("CommittedBlocks", committed)) +
    (which === "committed" ? "" : section("UncommittedBlocks", uncommitted));
  const headers =
    item?.kind === "file" ? { ...versionHeaders(item), "x-ms-blob-content-length": String(item.bytes) } : {};
  return xmlReply(200, `<BlockList>${xml}</BlockList>`, headers);
}

/** Makes content the file; metadata sent with the request goes before `about`'s, and access is inherited anew. */
export function commit(
  call: Call,
  content: Content,
  about: Pick<FileItem, "md5" | "headers" | "blocks"> & { readonly metadata?: FileItem["metadata"] },
): FileItem {
  const { lake, place } = call;
  needFileSystem(lake, place);
  const old = refuseFolder(call);
  checkWrite(call, old);
  checkLease(call);
  const parent = makeParents(lake, place);
  const born = newborn(lake, parent);
  const item: FileItem = {
    kind: "file",
    ...born,
    ...inheritedAccess(parent, "file"),
    ...about,
    metadata: metaHeaders(call) ?? about.metadata ?? born.metadata,
    bytes: content.bytes,
    expiresMs: expiryOf(call, born.createdMs),
    tier: header(call, "x-ms-access-tier"),
    writer: "blob",
  };
  lake.store.putFile(place.path, item, content);
  lake.store.unstage(place.path);
  return item;
}

type Listed = { readonly from: "Latest" | "Committed" | "Uncommitted"; readonly id: string };
type ChosenBlocks = Choice & { readonly blocks: readonly Block[] };

const MAX_PUT_BYTES = 5000 * 1024 * 1024;
const MAX_BLOCK_BYTES = 4000 * 1024 * 1024;
const MAX_LIST_BYTES = 16 * 1024 * 1024;
const MAX_BLOCKS = 50_000;

function refuseFolder({ lake, place }: Call): FileItem | undefined {
  const item = find(lake, place.path);
  if (item?.kind === "folder") throw new Refusal("ResourceTypeMismatch");
  return item;
}

function isBlockId(id: string): boolean {
  const bytes = Buffer.from(id, "base64");
  return bytes.length > 0 && bytes.length <= 64 && bytes.toString("base64") === id;
}

function parseBlockList(xml: string): readonly Listed[] {
  if (!xml.includes("<BlockList")) throw new Refusal("InvalidInput", "The body is no block list.");
  const listed = [...xml.matchAll(/<(Latest|Committed|Uncommitted)>\s*([^<]*?)\s*<\/\1>/g)];
  if (listed.length > MAX_BLOCKS) throw new Refusal("InvalidBlockList");
  return listed.map(([, from = "", id = ""]) => ({ from: from as Listed["from"], id }));
}

function choose(call: Call, list: readonly Listed[]): ChosenBlocks {
  const { lake, place } = call;
  const item = refuseFolder(call);
  const staged = new Map(stagedParts(lake, place.path, "block").map((part) => [part.name, part]));
  const present = presentPieces(place.path, item);
  const pieces = list.map(({ from, id }) => {
    const piece =
      (from === "Committed" ? undefined : stagedPiece(staged.get(id))) ??
      (from === "Uncommitted" ? undefined : present.get(id));
    if (piece === undefined) throw new Refusal("InvalidBlockList");
    return piece;
  });
  const blocks = list.map(({ id }, index) => ({ id, bytes: pieces[index]?.bytes ?? 0 }));
  return { pieces, blocks, etag: item?.etag };
}

function stagedPiece(part: Named | undefined): Piece | undefined {
  return part === undefined ? undefined : { from: part.content, start: 0, bytes: part.bytes };
}

function presentPieces(path: string, item: FileItem | undefined): ReadonlyMap<string, Piece> {
  const pieces = new Map<string, Piece>();
  let start = 0;
  for (const { id, bytes } of item?.blocks ?? []) {
    pieces.set(id, { from: path, start, bytes });
    start += bytes;
  }
  return pieces;
}
