import { createHash } from "node:crypto";
import { permissionsText } from "./access.ts";
import type { Lake } from "./lake.ts";
import { type Listed, walk } from "./listing.ts";

/** All that a test can compare about one item; times and ETags are left out, and the MD5 is of the bytes that are there. */
export type Dumped = {
  readonly path: string;
  readonly type: "file" | "folder";
  readonly bytes: number;
  readonly md5: string | undefined;
  readonly owner: string;
  readonly group: string;
  readonly permissions: string;
  readonly acl: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresMs: number | undefined;
  readonly tier: string | undefined;
};

/** The whole state, file systems included, ordered by path segment by segment. */
export async function* dump(lake: Lake): AsyncGenerator<Dumped> {
  const everything = { folder: "", isRecursive: true, from: undefined, namePrefix: "", marksFolders: false };
  for (const listed of walk({ ...lake, order: "segment" }, everything)) yield await dumped(lake, listed);
}

async function dumped(lake: Lake, { path, item }: Listed): Promise<Dumped> {
  const common = {
    path,
    owner: item.owner,
    group: item.group,
    permissions: permissionsText(item),
    acl: item.acl,
    metadata: Object.fromEntries(Object.entries(item.metadata).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  if (item.kind === "folder") {
    return { ...common, type: "folder", bytes: 0, md5: undefined, headers: {}, expiresMs: undefined, tier: undefined };
  }
  const md5 = await contentMd5(lake, path, item.bytes);
  return {
    ...common,
    type: "file",
    bytes: item.bytes,
    md5,
    headers: item.headers,
    expiresMs: item.expiresMs,
    tier: item.tier,
  };
}

async function contentMd5(lake: Lake, path: string, bytes: number): Promise<string> {
  const content = lake.store.read(path, 0, bytes);
  const md5 = createHash("md5");
  if (Buffer.isBuffer(content)) md5.update(content);
  else for await (const chunk of content) md5.update(chunk);
  return md5.digest("base64");
}
