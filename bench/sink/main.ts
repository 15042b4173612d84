// The least that AzCopy, rclone and lakeferry need of a storage account: Blob and DFS on one port, path-style. It keeps names,
// lengths, metadata and access, no content, and answers a checksum with the one it was sent: computing it costs CPU that on
// Azure is the service's. Requests a second may be capped, with 503 beyond, and take a while.
// Usage: node bench/sink/main.ts [--cap N] [--delay MS]; its first line says the port.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { firstAccess, type Item, openTree, type Tree } from "./tree.ts";

const { values } = parseArgs({ options: { cap: { type: "string" }, delay: { type: "string", default: "0" } } });
const cap = values.cap === undefined ? undefined : Number(values.cap);
const delayMs = Number(values.delay);

const systems = new Map<string, Tree>();
const blocks = new Map<string, Map<string, number>>();
let etags = 0;
let requests: Record<string, number> = {};
let refused = 0;
let first = 0;
let last = 0;
let second = 0;
let inSecond = 0;

type Reply = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };
type Asked = {
  readonly method: string;
  readonly system: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Bytes that came with the request. */
  readonly bytes: number;
  readonly text: string;
};

const server = createServer((message, response) => void serve(message, response));
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));
process.once("disconnect", () => process.exit(0));
process.stdin.resume().once("end", () => process.exit(0));

async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const [rawPath = "", rawQuery = ""] = (message.url ?? "").split("?", 2);
  if (rawPath === "/_control") return void response.end(JSON.stringify(control(message.method ?? "")));
  const isSmallText = rawQuery.includes("comp=blocklist");
  let bytes = 0;
  let text = "";
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (isSmallText) text += chunk.toString("utf8");
  }
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const [, , system = "", ...names] = decodeURIComponent(rawPath).split("/");
  const asked: Asked = {
    method: message.method ?? "",
    system,
    path: names.join("/"),
    query: new URLSearchParams(rawQuery),
    headers: message.headers as Asked["headers"],
    bytes,
    text,
  };
  const { status, headers = {}, body = "" } = isBeyondCap() ? busy() : answer(asked);
  last = Date.now();
  first ||= last;
  const op = `${asked.method} ${["restype", "comp", "resource", "action"].map((name) => asked.query.get(name) ?? "").join("")}`;
  requests[op.trim()] = (requests[op.trim()] ?? 0) + 1;
  response.writeHead(status, {
    "x-ms-request-id": "00000000-0000-0000-0000-000000000000",
    "x-ms-version": message.headers["x-ms-version"] ?? "2023-11-03",
    ...(asked.method === "HEAD" ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    ...headers,
  });
  response.end(asked.method === "HEAD" ? undefined : body);
}

function control(method: string): object {
  const { user, system } = process.cpuUsage();
  const files = [...systems.values()].reduce((sum, tree) => sum + tree.files(), 0);
  const seen = { requests, refused, seconds: (last - first) / 1000, files, cpuSeconds: (user + system) / 1e6 };
  if (method === "DELETE") {
    systems.clear();
    blocks.clear();
  }
  if (method !== "GET") {
    requests = {};
    refused = 0;
    first = 0;
  }
  return seen;
}

function isBeyondCap(): boolean {
  if (cap === undefined) return false;
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) inSecond = 0;
  second = now;
  if (++inSecond <= cap) return false;
  refused++;
  return true;
}

function busy(): Reply {
  const headers = { "x-ms-error-code": "ServerBusy", "content-type": "application/xml" };
  return { status: 503, headers, body: "<Error><Code>ServerBusy</Code><Message>The server is busy.</Message></Error>" };
}

function refusal(status: number, code: string): Reply {
  const headers = { "x-ms-error-code": code, "content-type": "application/xml" };
  return { status, headers, body: `<Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}

function answer(asked: Asked): Reply {
  const { method, system, path, query } = asked;
  if (system === "") return refusal(400, "InvalidUri");
  if (path === "" && (query.get("restype") === "container" || query.get("resource") === "filesystem")) {
    return ofSystem(asked);
  }
  const tree = systems.get(system);
  if (tree === undefined) return refusal(404, "ContainerNotFound");
  if (method === "PUT" && query.get("comp") === "block") return stage(asked);
  if (method === "PUT" && query.get("comp") === "expiry") return { status: 200, headers: described(tree.get(path)) };
  if (method === "PUT") return write(tree, asked);
  if (method === "PATCH") return patch(tree, asked);
  if (method === "DELETE") return tree.remove(path) ? { status: 202 } : refusal(404, "BlobNotFound");
  const item = path === "" ? made(true, 0, {}) : tree.get(path);
  return item === undefined ? refusal(404, "BlobNotFound") : { status: 200, headers: described(item) };
}

function ofSystem({ method, system, query }: Asked): Reply {
  if (method === "PUT") {
    if (systems.has(system)) return refusal(409, "ContainerAlreadyExists");
    systems.set(
      system,
      openTree(() => made(true, 0, {})),
    );
    return { status: 201, headers: { etag: '"0x1"', "last-modified": new Date().toUTCString() } };
  }
  const tree = systems.get(system);
  if (tree === undefined) return refusal(404, "ContainerNotFound");
  if (query.get("comp") !== "list") {
    return {
      status: 200,
      headers: { etag: '"0x1"', "x-ms-namespace-enabled": "true", "last-modified": new Date().toUTCString() },
    };
  }
  return list(tree, query);
}

function made(isFolder: boolean, bytes: number, headers: Asked["headers"]): Item {
  const metadata = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith("x-ms-meta-") && value !== undefined ? [[name, value] as const] : [],
  );
  const properties = (headers["x-ms-properties"] ?? "").split(",").flatMap((pair) => {
    const at = pair.indexOf("=");
    if (at < 0) return [];
    return [[`x-ms-meta-${pair.slice(0, at)}`, Buffer.from(pair.slice(at + 1), "base64").toString()] as const];
  });
  const md5 = headers["x-ms-blob-content-md5"] ?? headers["content-md5"];
  return {
    isFolder,
    bytes,
    etag: `"0x${(++etags).toString(16).toUpperCase()}"`,
    modified: new Date().toUTCString(),
    ...(md5 === undefined ? {} : { md5 }),
    metadata: Object.fromEntries([...metadata, ...properties]),
    access: {
      owner: headers["x-ms-owner"] ?? firstAccess.owner,
      group: headers["x-ms-group"] ?? firstAccess.group,
      acl: headers["x-ms-acl"] ?? firstAccess.acl,
      permissions: headers["x-ms-permissions"] ?? firstAccess.permissions,
    },
  };
}

function described(item: Item | undefined): Record<string, string> {
  if (item === undefined) return {};
  const { owner, group, acl, permissions } = item.access;
  return {
    etag: item.etag,
    "last-modified": item.modified,
    "content-length": String(item.bytes),
    "x-ms-resource-type": item.isFolder ? "directory" : "file",
    ...(item.isFolder ? { "x-ms-meta-hdi_isfolder": "true" } : { "x-ms-blob-type": "BlockBlob" }),
    "x-ms-owner": owner,
    "x-ms-group": group,
    "x-ms-acl": acl,
    "x-ms-permissions": permissions,
    ...(item.md5 === undefined ? {} : { "content-md5": item.md5 }),
    ...item.metadata,
  };
}

// A client that wants a checksum compared gets its own back.
function checked({ headers }: Asked): Record<string, string> {
  const [md5, crc64] = [headers["content-md5"], headers["x-ms-content-crc64"]];
  return {
    ...(md5 === undefined ? {} : { "content-md5": md5 }),
    ...(crc64 === undefined ? {} : { "x-ms-content-crc64": crc64 }),
  };
}

function isRefused(there: Item | undefined, headers: Asked["headers"]): Reply | undefined {
  if (headers["if-none-match"] === "*" && there !== undefined) return refusal(409, "BlobAlreadyExists");
  const wanted = headers["if-match"];
  return wanted !== undefined && there?.etag !== wanted ? refusal(412, "ConditionNotMet") : undefined;
}

function write(tree: Tree, asked: Asked): Reply {
  const { system, path, query, headers, text } = asked;
  const refusedBy = isRefused(tree.get(path), headers);
  if (refusedBy !== undefined) return refusedBy;
  const isFolder = query.get("resource") === "directory" || headers["x-ms-meta-hdi_isfolder"] === "true";
  let { bytes } = asked;
  if (query.get("comp") === "blocklist") {
    const staged = blocks.get(`${system}/${path}`) ?? new Map<string, number>();
    bytes = 0;
    for (const [, id = ""] of text.matchAll(/<(?:Latest|Uncommitted)>([^<]*)</gu)) {
      const size = staged.get(id);
      if (size === undefined) return refusal(400, "InvalidBlockList");
      bytes += size;
    }
    blocks.delete(`${system}/${path}`);
  }
  const item = made(isFolder, bytes, headers);
  tree.put(path, item);
  return { status: 201, headers: { etag: item.etag, "last-modified": item.modified, ...checked(asked) } };
}

function stage(asked: Asked): Reply {
  const key = `${asked.system}/${asked.path}`;
  const staged = blocks.get(key) ?? new Map<string, number>();
  staged.set(asked.query.get("blockid") ?? "", asked.bytes);
  blocks.set(key, staged);
  return { status: 201, headers: checked(asked) };
}

function patch(tree: Tree, { path, query, headers, bytes }: Asked): Reply {
  const item = tree.get(path);
  if (item === undefined) return refusal(404, "PathNotFound");
  if (query.get("action") === "setAccessControl") {
    const access = { ...item.access, ...made(false, 0, { ...headersOf(item), ...headers }).access };
    tree.put(path, { ...item, access });
    return { status: 200, headers: { etag: item.etag, "last-modified": item.modified } };
  }
  const isAppend = query.get("action") === "append";
  tree.put(path, { ...item, bytes: isAppend ? item.bytes + bytes : item.bytes });
  return { status: isAppend ? 202 : 200, headers: { etag: item.etag, "last-modified": item.modified } };
}

function headersOf({ access: { owner, group, acl, permissions } }: Item): Asked["headers"] {
  return { "x-ms-owner": owner, "x-ms-group": group, "x-ms-acl": acl, "x-ms-permissions": permissions };
}

function list(tree: Tree, query: URLSearchParams): Reply {
  const prefix = query.get("prefix") ?? "";
  const isFlat = query.get("delimiter") === null;
  const most = Math.min(5000, Number(query.get("maxresults") ?? 5000));
  const found = tree.list(prefix, query.get("marker") ?? "", most, isFlat);
  const blobs = found.map(([path, item]) => element(path, item, isFlat)).join("");
  const next = found.length < most ? "" : (found.at(-1)?.[0] ?? "");
  const body = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>${blobs}</Blobs><NextMarker>${escaped(next)}</NextMarker></EnumerationResults>`;
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

function element(path: string, item: Item, isFlat: boolean): string {
  const { owner, group, acl, permissions } = item.access;
  const md5 = item.md5 === undefined ? "" : `<Content-MD5>${item.md5}</Content-MD5>`;
  const metadata = Object.entries({ ...(item.isFolder ? { "x-ms-meta-hdi_isfolder": "true" } : {}), ...item.metadata })
    .map(([name, value]) => `<${name.slice(10)}>${escaped(value)}</${name.slice(10)}>`)
    .join("");
  const properties = `<Properties><Last-Modified>${item.modified}</Last-Modified><Etag>${item.etag}</Etag><ResourceType>${item.isFolder ? "directory" : "file"}</ResourceType><Content-Length>${item.bytes}</Content-Length><BlobType>BlockBlob</BlobType>${md5}<Owner>${owner}</Owner><Group>${group}</Group><Permissions>${permissions}</Permissions><Acl>${acl}</Acl></Properties><Metadata>${metadata}</Metadata>`;
  if (item.isFolder && !isFlat) return `<BlobPrefix><Name>${escaped(`${path}/`)}</Name>${properties}</BlobPrefix>`;
  return `<Blob><Name>${escaped(path)}</Name>${properties}</Blob>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/gu, (character) => `&#${character.charCodeAt(0)};`);
}
