import { randomUUID } from "node:crypto";
import { splitTarget } from "../kit/query.ts";
import type { WireReply } from "../kit/wire.ts";
import { assemble, type Choice } from "./assemble.ts";
import { commit } from "./blob-write.ts";
import { type Call, neededHeader } from "./call.ts";
import { checkSource } from "./conditions.ts";
import { need, needFileSystem } from "./lake.ts";
import { parsePlace, type Place } from "./place.ts";
import { Refusal } from "./refusal.ts";
import { versionHeaders } from "./reply.ts";
import type { FileItem } from "./store.ts";

/**
 * Copy Blob within the account, done by the time it is answered. Content, its headers, blocks and MD5 come from the source, and
 * metadata unless the request brings its own; access is inherited, as with every write of this protocol.
 */
export async function copyBlob(call: Call): Promise<WireReply> {
  needFileSystem(call.lake, call.place);
  const from = sourcePlace(call);
  const item = await assemble(
    call,
    () => choose(call, from),
    (content, { source: { md5, headers, blocks, metadata } }) =>
      commit(call, content, { md5, headers, blocks, metadata }),
  );
  const headers = { ...versionHeaders(item), "x-ms-copy-id": randomUUID(), "x-ms-copy-status": "success" };
  return { status: 202, headers };
}

type ChosenSource = Choice & { readonly source: FileItem };

function choose(call: Call, from: Place): ChosenSource {
  const source = need(call.lake, from);
  if (source.kind === "folder") throw new Refusal("ResourceTypeMismatch");
  checkSource(call, source);
  return { pieces: [{ from: from.path, start: 0, bytes: source.bytes }], etag: source.etag, source };
}

function sourcePlace(call: Call): Place {
  const { lake, request } = call;
  const { rawPath } = splitTarget(neededHeader(call, "x-ms-copy-source"));
  const path = rawPath.replace(/^https?:\/\//i, "//");
  const root = `//${request.headers.host}`;
  if (!path.startsWith(`${root}/${lake.account}/`))
    throw new Refusal("InvalidSourceUri", "Only files of this account can be copied here.");
  return parsePlace(path.slice(root.length), lake.account);
}
