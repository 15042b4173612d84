import { joinedCrc32 } from "./crc32.ts";
import type { Body } from "./body.ts";
import { listing } from "./list.ts";
import { firstAccess, type Item, openTree, type Tree } from "./tree.ts";

/** What the account answers; a body that is a Buffer is content. */
export type Reply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

/** What the account is asked. */
export type Asked = {
  readonly method: string;
  readonly system: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Body;
};

/** A storage account that keeps what tools look at: names, lengths, metadata, access, and checksums of what came. */
export type Account = {
  readonly answer: (asked: Asked) => Reply;
  readonly clear: () => void;
  readonly count: () => number;
  /** All files of a file system. */
  readonly files: (system: string) => Iterable<readonly [string, Item]>;
  /** How often content came for which the account had it already: of a whole file, or of a piece of one. */
  readonly sentAgain: () => number;
};

type Piece = { readonly bytes: number; readonly crc: number };

const empty = Buffer.alloc(0);
const nothing: Piece = { bytes: 0, crc: 0 };

/** Opens an empty account. */
export function openAccount(): Account {
  const systems = new Map<string, Tree>();
  /** By file: pieces by block id, or by where they stand. */
  const staged = new Map<string, Map<string, Piece>>();
  let etags = 0;
  let sentAgain = 0;

  function answer(asked: Asked): Reply {
    const { method, system, path, query } = asked;
    const comp = query.get("comp");
    if (comp === "properties") return { status: 200, headers: { "x-ms-is-hns-enabled": "true" } };
    if (system === "") return refusal(400, "InvalidUri");
    if (path === "" && (query.get("restype") === "container" || query.get("resource") === "filesystem")) {
      return ofSystem(asked);
    }
    const tree = systems.get(system);
    if (tree === undefined) return refusal(404, "ContainerNotFound");
    if (method === "PUT" && comp === "block") return stage(asked, query.get("blockid") ?? "");
    if (method === "PUT" && comp === "expiry") return { status: 200, headers: described(tree.get(path)) };
    if (method === "PUT") return write(tree, asked);
    if (method === "PATCH") return patch(tree, asked);
    if (method === "DELETE") return tree.remove(path) ? { status: 202 } : refusal(404, "BlobNotFound");
    const item = path === "" ? made(true, nothing, empty, {}) : tree.get(path);
    if (item === undefined) return refusal(404, "BlobNotFound");
    return method === "GET" && query.size === 0 ? content(item) : { status: 200, headers: described(item) };
  }

  function ofSystem({ method, system, query }: Asked): Reply {
    const headers = { etag: '"0x1"', "x-ms-namespace-enabled": "true", "last-modified": new Date().toUTCString() };
    if (method === "PUT") {
      if (systems.has(system)) return refusal(409, "ContainerAlreadyExists");
      systems.set(
        system,
        openTree(() => made(true, nothing, empty, {})),
      );
      return { status: 201, headers };
    }
    const tree = systems.get(system);
    if (tree === undefined) return refusal(404, "ContainerNotFound");
    if (query.get("comp") !== "list") return { status: 200, headers };
    return { status: 200, headers: { "content-type": "application/xml" }, body: listing(tree, query) };
  }

  function made(isFolder: boolean, { bytes, crc }: Piece, start: Buffer, headers: Asked["headers"]): Item {
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
      crc,
      start,
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

  function write(tree: Tree, asked: Asked): Reply {
    const { system, path, query, headers, body } = asked;
    const isList = query.get("comp") === "blocklist";
    const before = tree.get(path);
    // On DFS a file is made first, and its content follows.
    const isContent = body.bytes > 0 || query.get("resource") === "file";
    if (!isList && isContent && before !== undefined && before.bytes > 0) sentAgain++;
    const wrong = wrongSum(asked) ?? wrongCondition(before, headers);
    if (wrong !== undefined) return wrong;
    const isFolder = query.get("resource") === "directory" || headers["x-ms-meta-hdi_isfolder"] === "true";
    const key = `${system}/${path}`;
    let whole: Piece = body;
    if (isList) {
      const ids = [...body.text.matchAll(/<(?:Latest|Uncommitted)>([^<]*)</gu)].map(([, id = ""]) => id);
      const pieces = ids.map((id) => staged.get(key)?.get(id));
      if (pieces.includes(undefined)) return refusal(400, "InvalidBlockList");
      whole = joined(pieces.map((piece) => piece ?? nothing));
    }
    staged.delete(key);
    const item = made(isFolder, whole, isList ? empty : body.start, headers);
    tree.put(path, item);
    return { status: 201, headers: { etag: item.etag, "last-modified": item.modified, ...sums(asked) } };
  }

  function stage(asked: Asked, id: string): Reply {
    const key = `${asked.system}/${asked.path}`;
    const pieces = staged.get(key) ?? new Map<string, Piece>();
    if (pieces.has(id)) sentAgain++;
    const wrong = wrongSum(asked);
    if (wrong !== undefined) return wrong;
    pieces.set(id, { bytes: asked.body.bytes, crc: asked.body.crc });
    staged.set(key, pieces);
    return { status: 201, headers: sums(asked) };
  }

  function patch(tree: Tree, asked: Asked): Reply {
    const { system, path, query, headers } = asked;
    const item = tree.get(path);
    if (item === undefined) return refusal(404, "PathNotFound");
    const said = { etag: item.etag, "last-modified": item.modified };
    switch (query.get("action") ?? "") {
      case "setAccessControl": {
        const access = { ...item.access, ...made(false, nothing, empty, { ...headersOf(item), ...headers }).access };
        tree.put(path, { ...item, access });
        return { status: 200, headers: said };
      }
      case "append": {
        const { status, headers: more } = stage(asked, query.get("position") ?? "0");
        return status < 300 ? { status: 202, headers: { ...said, ...more } } : refusal(status, "Md5Mismatch");
      }
      default: {
        const pieces = [...(staged.get(`${system}/${path}`) ?? [])];
        staged.delete(`${system}/${path}`);
        const inOrder = pieces.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, piece]) => piece);
        tree.put(path, { ...item, ...joined([item, ...inOrder]) });
        return { status: 200, headers: said };
      }
    }
  }

  return {
    answer,
    clear: () => {
      systems.clear();
      staged.clear();
      sentAgain = 0;
    },
    count: () => [...systems.values()].reduce((sum, tree) => sum + tree.files(), 0),
    files: (system) => systems.get(system)?.all() ?? [],
    sentAgain: () => sentAgain,
  };
}

/** An error as the service words it. */
export function refusal(status: number, code: string): Reply {
  const headers = { "x-ms-error-code": code, "content-type": "application/xml" };
  return { status, headers, body: `<Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}

function joined(pieces: readonly Piece[]): Piece {
  return pieces.reduce(
    (before, { bytes, crc }) => ({
      bytes: before.bytes + bytes,
      crc: joinedCrc32(before.crc, crc, bytes),
    }),
    nothing,
  );
}

// Preflight reads back what it has written; nobody else reads.
function content(item: Item): Reply {
  if (item.start.length !== item.bytes) return refusal(501, "ContentIsNotKept");
  return { status: 200, headers: described(item), body: item.start };
}

function described(item: Item | undefined): Record<string, string> {
  if (item === undefined) return {};
  const { owner, group, acl, permissions } = item.access;
  return {
    etag: item.etag,
    "last-modified": item.modified,
    "content-length": String(item.bytes),
    "content-type": "application/octet-stream",
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

// Where the sink computes checksums it compares and answers as the service does; else a client gets his own back.
function sums({ headers, body }: Asked): Record<string, string> {
  if (Object.keys(body.sums).length > 0) return { ...body.sums };
  const [md5, crc64] = [headers["content-md5"], headers["x-ms-content-crc64"]];
  return {
    ...(md5 === undefined ? {} : { "content-md5": md5 }),
    ...(crc64 === undefined ? {} : { "x-ms-content-crc64": crc64 }),
  };
}

function wrongSum({ headers, body }: Asked): Reply | undefined {
  for (const [name, sum] of Object.entries(body.sums)) {
    if (headers[name] === undefined || headers[name] === sum) continue;
    return refusal(400, name === "content-md5" ? "Md5Mismatch" : "Crc64Mismatch");
  }
  return undefined;
}

function wrongCondition(there: Item | undefined, headers: Asked["headers"]): Reply | undefined {
  if (headers["if-none-match"] === "*" && there !== undefined) return refusal(409, "BlobAlreadyExists");
  const wanted = headers["if-match"];
  return wanted !== undefined && there?.etag !== wanted ? refusal(412, "ConditionNotMet") : undefined;
}

function headersOf({ access: { owner, group, acl, permissions } }: Item): Asked["headers"] {
  return { "x-ms-owner": owner, "x-ms-group": group, "x-ms-acl": acl, "x-ms-permissions": permissions };
}
