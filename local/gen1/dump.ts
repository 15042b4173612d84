import { createHash } from "node:crypto";
import { formatAcl } from "../kit/acl.ts";
import type { ControlRoutes } from "../kit/control.ts";
import { type Lake, look } from "./lake.ts";
import { walk } from "./listing.ts";

/** One name of the lake, as `GET /_control/dump` shows it. */
export type Dumped = {
  readonly path: string;
  readonly kind: "file" | "folder";
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly owner: string;
  readonly group: string;
  readonly acl: string;
  readonly isSticky: boolean;
  readonly expiresMs: number;
  /** Of the content of a file, when asked for with `?hash=true`. */
  readonly sha256?: string;
};

/** The emulator's own control routes: the whole lake, a line for each name, and what of the folder is not served. */
export function controlRoutes(lake: Lake): ControlRoutes {
  return {
    "GET dump": (request) => dump(lake, request.query.get("hash") === "true"),
    "GET warnings": () => lake.store.warnings(),
  };
}

/** Every name of the lake, folders before what is in them. */
export async function* dump(lake: Lake, isHashed: boolean): AsyncIterable<Dumped> {
  const root = look(lake, "/");
  if (root === undefined) return;
  for await (const { path, node, access } of walk(lake, "/", root)) {
    const { kind, bytes, modifiedMs } = node;
    const { owner, group, acl, isSticky, expiresMs } = access;
    const digest = isHashed && kind === "file" ? { sha256: await sha256(lake, path, bytes) } : {};
    yield { path, kind, bytes, modifiedMs, owner, group, acl: formatAcl(acl), isSticky, expiresMs, ...digest };
  }
}

async function sha256(lake: Lake, path: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  const content = lake.store.read(path, 0, bytes);
  if (Buffer.isBuffer(content)) hash.update(content);
  else for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
}
