import { parseAcl, printAcl } from "../core/acl.ts";
import { isKind, isLakeError } from "../core/error.ts";
import { childPath, type LakePath } from "../core/path.ts";
import type { Gen2Probe } from "../lake/gen2Probe.ts";
import type { Sink } from "../lake/lake.ts";

/** A scratch folder of a real account, and what can be done there. */
export type Scratch = {
  readonly sink: Sink;
  readonly probe: Gen2Probe;
  /** Is there already, and is removed by whoever made it. */
  readonly folder: LakePath;
  readonly nowMs: () => number;
};

/** Something we believe of the real service, and could not try where this was built. */
export type Assumption = {
  readonly name: string;
  readonly says: string;
  /** Whether it holds, and what was seen. */
  readonly holds: (scratch: Scratch) => Promise<readonly [boolean, string]>;
};

/** What became of one. */
export type Verified = {
  readonly name: string;
  readonly says: string;
  readonly answer: "holds" | "doesn't hold" | "undecided";
  readonly seen: string;
};

const one = new Uint8Array([1]);
const label = ({ nowMs }: Scratch) => ({ run: "verify", bytes: 1, modifiedMs: nowMs() });
const at = ({ folder }: Scratch, ...names: readonly string[]) =>
  names.reduce<LakePath>((path, name) => childPath(path, name), folder);
const put = (scratch: Scratch, path: LakePath) =>
  scratch.sink.putFile(path, one, label(scratch), { replaces: "nothing" });

async function isConflict(write: Promise<unknown>): Promise<readonly [boolean, string]> {
  try {
    await write;
    return [false, "the write was taken"];
  } catch (error) {
    if (!isLakeError(error)) throw error;
    return [error.kind === "conflict", `${error.status ?? "-"} ${error.code ?? error.kind}`];
  }
}

/** The assumptions that writing, comparing and access rest on, each on its own ground. */
export const assumptions: readonly Assumption[] = [
  {
    name: "put-only-new",
    says: "Put Blob with If-None-Match: * doesn't replace what is there",
    holds: async (scratch) => {
      await put(scratch, at(scratch, "only-new"));
      return isConflict(put(scratch, at(scratch, "only-new")));
    },
  },
  {
    name: "put-only-seen",
    says: "Put Blob with If-Match of an older ETag doesn't replace what is there",
    holds: async (scratch) => {
      const path = at(scratch, "only-seen");
      const { etag } = await put(scratch, path);
      const again = () => scratch.sink.putFile(path, one, label(scratch), { replaces: "etag", etag });
      await again();
      return isConflict(again());
    },
  },
  {
    name: "put-makes-parents",
    says: "Put Blob makes the folders above the file",
    holds: async (scratch) => {
      await put(scratch, at(scratch, "made", "by", "a file"));
      const there = await scratch.sink.stat(at(scratch, "made", "by"));
      return [there?.kind === "folder", there?.kind ?? "nothing there"];
    },
  },
  {
    name: "put-over-folder",
    says: "Put Blob where a folder stands is refused",
    holds: async (scratch) => {
      await scratch.sink.makeFolder(at(scratch, "a folder"), label(scratch));
      return isConflict(put(scratch, at(scratch, "a folder")));
    },
  },
  {
    name: "md5-is-checked",
    says: "content that isn't what its Content-MD5 says is refused",
    holds: async (scratch) => {
      const isRefused = await scratch.probe.refusesWrongMd5(at(scratch, "md5"));
      return [isRefused, isRefused ? "refused" : "taken"];
    },
  },
  {
    name: "crc64-of-blocks",
    says: "Put Block answers with the CRC-64 of what arrived, and the list of blocks becomes the file",
    holds: async (scratch) => {
      const path = at(scratch, "blocks");
      const ids = ["YmxvY2stMDAwMQ==", "YmxvY2stMDAwMg=="];
      for (const id of ids) await scratch.sink.stageBlock(path, id, one);
      await scratch.sink.commitBlocks(path, ids, { ...label(scratch), bytes: 2 }, { replaces: "nothing" });
      const there = await scratch.sink.stat(path);
      return [there?.bytes === 2, `${there?.bytes ?? 0} bytes`];
    },
  },
  {
    name: "metadata-in-listing",
    says: "a listing tells metadata, ETag, owner, group and permissions of each file",
    holds: async (scratch) => {
      await put(scratch, at(scratch, "listed", "file"));
      const page = await scratch.sink.list(at(scratch, "listed"), {});
      const file = page.entries.find(({ name }) => name === "file");
      const isTold = file?.origin?.run === "verify" && file.etag !== "" && file.access !== undefined;
      return [isTold, JSON.stringify(file ?? "not listed")];
    },
  },
  {
    name: "listing-order",
    says: "a listing ascends by UTF-16 code units within one folder",
    holds: async (scratch) => {
      const names = ["a", "a b", "a!", "a-b", "a.txt", "ab", "B", "é", "ﬀ", "🚢"];
      for (const name of names) await put(scratch, at(scratch, "order", name));
      const { entries } = await scratch.sink.list(at(scratch, "order"), {});
      const seen = entries.map(({ name }) => name);
      return [JSON.stringify(seen) === JSON.stringify(names.toSorted()), seen.join(" ")];
    },
  },
  {
    name: "access-keeps-etag",
    says: "setting a file's ACL leaves its ETag as it is",
    holds: async (scratch) => {
      const path = at(scratch, "acl");
      const { etag } = await put(scratch, path);
      const { acl } = await scratch.sink.getAccess(path);
      await scratch.sink.setAccess(path, { rights: { by: "acl", acl } }, undefined);
      const after = (await scratch.sink.stat(path))?.etag ?? "";
      return [after === etag, `${etag} then ${after}`];
    },
  },
  {
    name: "default-acl-is-inherited",
    says: "a file written by Put Blob has the default ACL of its folder",
    holds: async (scratch) => {
      const folder = at(scratch, "with defaults");
      await scratch.sink.makeFolder(folder, label(scratch));
      const { acl } = await scratch.sink.getAccess(folder);
      const id = "00000000-0000-0000-0000-000000000001";
      const defaults = `default:user::rwx,default:user:${id}:r-x,default:group::r-x,default:other::---`;
      const wanted = parseAcl(`${printAcl(acl)},${defaults}`, folder);
      await scratch.sink.setAccess(folder, { rights: { by: "acl", acl: wanted } }, undefined);
      await put(scratch, at(scratch, "with defaults", "file"));
      const text = printAcl((await scratch.sink.getAccess(at(scratch, "with defaults", "file"))).acl);
      return [text.includes(`user:${id}:r-x`), text];
    },
  },
  {
    name: "expiry",
    says: "a file's expiry can be set",
    holds: async (scratch) => {
      const path = at(scratch, "expiring");
      const { etag } = await put(scratch, path);
      await scratch.sink.setExpiry(path, scratch.nowMs() + 86_400_000, etag);
      const there = await scratch.sink.stat(path);
      return [there?.expiresMs !== undefined, String(there?.expiresMs)];
    },
  },
  {
    name: "expiry-only-seen",
    says: "a file's expiry isn't set while it has another ETag than the one seen",
    holds: async (scratch) => {
      const path = at(scratch, "expiring later");
      const { etag } = await put(scratch, path);
      await scratch.sink.putFile(path, one, label(scratch), { replaces: "etag", etag });
      return isConflict(scratch.sink.setExpiry(path, scratch.nowMs() + 86_400_000, etag));
    },
  },
];

/** Tries each on its own; one that fails in a way of its own is undecided, and stands in no other's way. */
export async function verify(scratch: Scratch): Promise<readonly Verified[]> {
  const found: Verified[] = [];
  for (const { name, says, holds } of assumptions) {
    try {
      const [isSo, seen] = await holds(scratch);
      found.push({ name, says, answer: isSo ? "holds" : "doesn't hold", seen });
    } catch (error) {
      if (!isLakeError(error)) throw error;
      const right = isKind(error, "denied") ? "a right is missing: " : "";
      found.push({ name, says, answer: "undecided", seen: `${right}${error.detail}` });
    }
  }
  return found;
}
