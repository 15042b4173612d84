import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { accessLine } from "../../local/gen1/access-log.ts";
import { defaultGroup, defaultOwner } from "../../local/gen1/access.ts";
import type { Gen1 } from "../../local/gen1/gen1.ts";
import { aclOfMode, formatAcl, inheritedAcl, parseAcl, withMissingMasks } from "../../local/kit/acl.ts";

/** A name of a lake to be, and who may do what with it; nothing of it comes from the code under test. */
export type PlannedItem = {
  readonly path: string;
  /** Absent for a folder. */
  readonly content?: Buffer;
  readonly modifiedMs: number;
  readonly owner: string;
  readonly group: string;
  /** The comma list. */
  readonly acl: string;
  readonly isSticky: boolean;
  /** 0: never. */
  readonly expiresMs: number;
};

const id = (number: number) => `5f0c1b1e-${String(number).padStart(4, "0")}-4000-8000-000000000000`;
const owners = [defaultOwner, "$superuser", id(1), id(2)] as const;
const groups = [defaultGroup, "$superuser", id(11), id(12)] as const;
const startMs = 1_600_000_000_123;

const folderAcls = [
  "user::rwx,group::r-x,other::---",
  "user::rwx,group::rwx,other::r-x",
  `user::rwx,user:${id(1)}:rwx,group::r-x,mask::r-x,other::---`,
  `user::rwx,group::r-x,other::--x,default:user::rwx,default:group::r-x,default:other::---`,
  `user::rwx,group::r-x,group:${id(11)}:r-x,mask::r-x,other::---,default:user::rwx,default:group::r-x,default:group:${id(11)}:r-x,default:mask::r-x,default:other::---`,
  `user::rwx,group::---,mask::---,other::---,default:user::rwx,default:user:${id(2)}:rwx,default:group::rwx,default:mask::--x,default:other::r--`,
] as const;
const fileAcls = [
  "user::rw-,group::r--,other::---",
  "user::rwx,group::---,other::--x",
  `user::rw-,user:${id(1)}:r-x,group::r--,mask::r-x,other::---`,
  `user::r--,group::rwx,group:${id(12)}:rwx,mask::---,other::rwx`,
] as const;
const oddNames = [
  "a b",
  "a+b",
  "a%20b",
  "#h",
  "q?x&y=z",
  "it's",
  '"q"',
  "e\u0301",
  "\u00e9",
  "\u{1f600}",
  " edge ",
  "中",
  "=1",
] as const;

/** So many items: folders with plain and extended ACLs, defaults, masks and sticky bits, and files in them. */
export function plannedLake(count: number): readonly PlannedItem[] {
  const items: PlannedItem[] = [];
  const folders: PlannedItem[] = [];
  const next = (n: number) => ({ modifiedMs: startMs + n * 1001, owner: turn(owners, n), group: turn(groups, n >> 1) });
  for (let n = 0; items.length < count; n++) {
    const name = `${turn(oddNames, n)}${n}`;
    if (n % 11 === 0) {
      const parent = n % 3 === 0 ? "" : (folders[n % folders.length]?.path ?? "");
      const folder = {
        ...next(n),
        path: `${parent}/${name}`,
        acl: turn(folderAcls, n / 11),
        isSticky: n % 4 === 0,
        expiresMs: 0,
      };
      folders.push(folder);
      items.push(folder);
      continue;
    }
    const folder = folders[n % folders.length];
    if (folder === undefined) continue;
    const expiresMs = n % 7 === 0 ? 2_500_000_000_000 + n : 0;
    const content = Buffer.from(`${name} `.repeat(n % 5));
    const file = { ...next(n), path: `${folder.path}/${name}`, content, isSticky: false, expiresMs };
    // Every third has what a new file in its folder would have at Gen2 anyway.
    items.push(n % 3 === 0 ? { ...file, ...inheritedFrom(folder) } : { ...file, acl: turn(fileAcls, n) });
  }
  return items;
}

function inheritedFrom({ acl, group }: PlannedItem): Pick<PlannedItem, "owner" | "group" | "acl"> {
  const given = inheritedAcl(withMissingMasks(parseAcl(acl)), "file", 0o666) ?? aclOfMode(0o640);
  return { owner: "$superuser", group, acl: formatAcl(given) };
}

function turn<T>(all: readonly [T, ...T[]], n: number): T {
  return all[Math.floor(n) % all.length] ?? all[0];
}

/** Where a Gen1 emulator in memory finds the access of planned items; gone after `remove`. */
export function accessFile(items: readonly PlannedItem[]): { readonly meta: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-planned-"));
  const meta = join(folder, "gen1.jsonl");
  const lines = items.map(({ path, owner, group, acl, isSticky, expiresMs }) =>
    JSON.stringify(accessLine(path, { owner, group, acl: parseAcl(acl), isSticky, expiresMs })),
  );
  writeFileSync(meta, lines.map((line) => `${line}\n`).join(""));
  return { meta, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Puts planned items into a lake, each after its folder. */
export async function fill({ store }: Gen1, items: readonly PlannedItem[]): Promise<void> {
  for (const { path, content } of items) {
    if (store.stat(dirname(path)) === undefined) throw new Error(`${path} comes before its folder`);
    if (content === undefined) store.makeFolder(path);
    else {
      store.makeFile(path);
      await store.append(path, content);
    }
  }
  // Last, since what is made in a folder changes the folder's time.
  for (const { path, modifiedMs } of items) store.setTimes(path, modifiedMs, modifiedMs);
}
