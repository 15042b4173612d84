import type { WireReply } from "../kit/wire.ts";
import { type Call, header, neededHeader } from "./call.ts";
import { checkWrite } from "./conditions.ts";
import { blobContentHeaders, expiryOf, metaHeaders } from "./describe.ts";
import { rewrite } from "./dfs-paths.ts";
import { need } from "./lake.ts";
import { checkLease } from "./leases.ts";
import { Refusal } from "./refusal.ts";
import { versionHeaders } from "./reply.ts";
import type { FileItem, Item } from "./store.ts";

/** Set Blob Metadata: replaces all of it. */
export function setMetadata(call: Call): WireReply {
  return change(call, (item) => ({ ...item, ...fresh(call), metadata: metaHeaders(call) ?? {} }));
}

/** Set Blob Properties: replaces all content headers and the stored MD5. */
export function setContentHeaders(call: Call): WireReply {
  return change(call, (item) => ({
    ...file(item),
    ...fresh(call),
    headers: blobContentHeaders(call),
    md5: header(call, "x-ms-blob-content-md5"),
  }));
}

/** Set Blob Expiry: when the file vanishes. */
export function setExpiry(call: Call): WireReply {
  neededHeader(call, "x-ms-expiry-option");
  return change(call, (item) => ({ ...file(item), ...fresh(call), expiresMs: expiryOf(call, item.createdMs) }));
}

/** Set Blob Tier: keeps the name of the tier. */
export function setTier(call: Call): WireReply {
  const tier = neededHeader(call, "x-ms-access-tier");
  return change(call, (item) => ({ ...file(item), tier }));
}

function change(call: Call, changed: (item: Item) => Item): WireReply {
  const { lake, place } = call;
  const old = need(lake, place);
  checkWrite(call, old);
  checkLease(call);
  const item = changed(old);
  rewrite(lake, place.path, item);
  return { status: 200, headers: { ...versionHeaders(item), "x-ms-request-server-encrypted": "true" } };
}

function fresh({ lake }: Call): Pick<Item, "etag" | "modifiedMs"> {
  return { etag: lake.newEtag(), modifiedMs: lake.nowMs() };
}

function file(item: Item): FileItem {
  if (item.kind === "folder") throw new Refusal("ResourceTypeMismatch");
  return item;
}
