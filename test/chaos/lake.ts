import { childPath, type LakePath, rootPath, splitPath } from "../../src/core/path.ts";
import type { MigrationRequest } from "../../src/core/request.ts";
import { requestOf } from "../kit/testFerry.ts";
import type { Dice } from "./dice.ts";
import { earlier, type Ground, type Rights } from "./ground.ts";
import type { LakePlan, Plan } from "./plan.ts";

/** A lake that was laid out for a seed. */
export type Laid = {
  readonly request: MigrationRequest;
  /** Kills whoever reads it. */
  readonly poison: string | undefined;
  readonly denied: string | undefined;
  readonly unserved: string | undefined;
};

const startMs = 1_600_000_000_000;
const largeBytes = 9 * 1024 * 1024 + 123;
const letters = [
  "a",
  "b",
  "c",
  "Z",
  "0",
  "-",
  " ",
  "%",
  "+",
  "é",
  "e\u0301",
  "中",
  "\u{1f600}",
  "\ufb01",
  "'",
  "#",
  "~",
];
const refusedNames = ["dot.", "back\\slash", "bell\u0007"];

/** True when a path of ours holds a name that Gen2 refuses. */
export function isRefused(path: string): boolean {
  return path.split("/").some((name) => name.endsWith(".") || name.includes("\\") || name.includes("\u0007"));
}

/** Lays out both lakes, and says what is asked for. */
export async function layOut(ground: Ground, dice: Dice, { lake: plan, parallelism }: Plan): Promise<Laid> {
  const top: readonly LakePath[] = plan.isPart ? [rootPath, "/part" as LakePath] : [rootPath];
  const folders: LakePath[] = [...top];
  if (plan.isPart) await ground.makeFolder("/part");
  const rights = dice.fork("rights");
  for (let count = 0; count < plan.folders; count++) {
    const parent = dice.chance(0.3) ? (folders.at(-1) ?? rootPath) : dice.pick(folders);
    const folder = childPath(parent, nameOf(dice, plan, `d${count}`));
    await ground.makeFolder(folder);
    folders.push(folder);
    if (rights.chance(plan.rights)) await ground.setRights(folder, rightsOf(rights, plan, "folder"));
  }
  const request: MigrationRequest = { ...requestFor(dice, plan), parallelism };
  const moved = (path: string) => (request.sink.folderPath === "/" ? "" : "/landing") + withoutTop(path, request);
  await ground.bare.makeFileSystem(earlier(0, 0));
  const files: LakePath[] = [];
  for (let count = 0; count < plan.files; count++) {
    const folder = dice.pick(folders);
    const path = childPath(folder, nameOf(dice, plan, `f${count}`));
    files.push(path);
    const isLarge = plan.hasLarge && count === 0;
    const content = isLarge ? "lakeferry ".repeat(largeBytes / 10) : contentOf(dice, path);
    const modifiedMs = startMs + dice.between(0, 1_000_000);
    await ground.write(path, content, modifiedMs);
    if (rights.chance(plan.rights)) await ground.setRights(path, rightsOf(rights, plan, "file"));
    if (dice.chance(plan.there) && !isRefused(path) && isSunk(path, request)) {
      await putThere(ground, dice, moved(path) as LakePath, content, modifiedMs);
    }
  }
  if (plan.hasRefused) await putInTheWay(ground, dice, folders, files, (path) => moved(path) as LakePath, request);
  const cursed = files.slice(1);
  const pick = (wanted: boolean) => (wanted && cursed.length > 0 ? dice.pick(cursed) : undefined);
  const asked = plan.isListed && !plan.isPart ? listing(dice.fork("list"), request, folders.slice(1), files) : request;
  return { request: asked, poison: pick(plan.poison), denied: pick(plan.denied), unserved: pick(plan.unserved) };
}

function requestFor(dice: Dice, plan: LakePlan): MigrationRequest {
  const sink = dice.chance(0.3) ? { folderPath: "/landing" } : {};
  const withBlocks = { ...sink, blockSizeInMB: dice.between(1, 4) };
  // A file that a cancelled run left without its access looks in listings like one that has it, if nothing but its ACL
  // differs: the owner gives it away, unless that is the maker's own.
  const all = {
    sink: { ...withBlocks, ...capOf(dice) },
    source: capOf(dice),
    filesPerLane: dice.pick(["auto", "auto", 1, 3]),
    compareAccess: plan.isMakers ? "full" : "listing",
  };
  if (!plan.isPart) return requestOf(all);
  const part = dice.pick(["folder", "range", "flat"]);
  if (part === "folder") return requestOf({ ...all, source: { ...all.source, folderPath: "/part" } });
  if (part === "flat") return requestOf({ ...all, source: { ...all.source, recursive: false } });
  return requestOf({ ...all, source: { ...all.source, listAfter: "b", listBefore: "f2" } });
}

// Some of the folders, and some of the files that lie in none of these.
function listing(
  dice: Dice,
  request: MigrationRequest,
  folders: readonly LakePath[],
  files: readonly LakePath[],
): MigrationRequest {
  const listed: LakePath[] = [];
  const add = (path: LakePath, chance: number) => {
    const isIn = listed.some((other) => path.startsWith(`${other}/`));
    if (!isIn && !isRefused(path) && dice.chance(chance)) listed.push(path);
  };
  for (const folder of folders) add(folder, 0.4);
  for (const file of files) add(file, 0.5);
  return listed.length === 0 ? request : { ...request, source: { ...request.source, fileList: listed } };
}

const people = ["1", "2", "3"].map((digit) => `${digit.repeat(8)}-1111-4111-8111-${digit.repeat(12)}`);
const letters3 = ["---", "r--", "r-x", "rw-", "rwx"];

// Items of nobody in particular may inherit what they should have; the others are seen to lack their owner.
function rightsOf(dice: Dice, { isMakers }: LakePlan, kind: "file" | "folder"): Rights {
  const bits = () => dice.pick(letters3);
  const scope = (prefix: string) => {
    const base = [`${prefix}user::${bits()}`, `${prefix}group::${bits()}`, `${prefix}other::${bits()}`];
    if (dice.chance(0.5)) return base;
    return [...base, `${prefix}user:${dice.pick(people)}:${bits()}`, `${prefix}mask::${bits()}`];
  };
  const defaults = kind === "folder" && dice.chance(0.5) ? scope("default:") : [];
  const maker = "$superuser";
  return {
    owner: isMakers && dice.chance(0.7) ? maker : dice.pick(people),
    group: dice.chance(0.5) ? maker : dice.pick(people),
    acl:
      dice.chance(0.4) && kind === "file" ? "user::rw-,group::r--,other::---" : [...scope(""), ...defaults].join(","),
    isSticky: kind === "folder" && dice.chance(0.2),
    expiresMs: kind === "file" && dice.chance(0.2) ? 2_500_000_000_000 + dice.between(0, 100_000) : undefined,
  };
}

function capOf(dice: Dice): { readonly maxConcurrentConnections?: number } {
  return dice.chance(0.2) ? { maxConcurrentConnections: dice.between(2, 8) } : {};
}

function nameOf(dice: Dice, plan: LakePlan, stem: string): string {
  if (plan.hasRefused && dice.chance(0.03)) return `${stem}${dice.pick(refusedNames)}`;
  const wild = Array.from({ length: dice.between(0, 3) }, () => dice.pick(letters)).join("");
  return `${wild}${stem}`;
}

function contentOf(dice: Dice, path: string): string {
  return `${path} ${dice.roll()} `.repeat(dice.between(0, 6));
}

function withoutTop(path: string, { source: { folderPath } }: MigrationRequest): string {
  return folderPath === "/" ? path : path.slice(folderPath.length);
}

function isSunk(path: string, { source: { folderPath } }: MigrationRequest): boolean {
  return folderPath === "/" || path.startsWith(`${folderPath}/`);
}

// What an earlier migration, or somebody else, left at the sink.
async function putThere(ground: Ground, dice: Dice, to: LakePath, content: string, modifiedMs: number): Promise<void> {
  const bytes = Buffer.from(content, "utf8");
  const guard = { replaces: "nothing" } as const;
  if (dice.chance(0.5)) {
    await ground.bare.putFile(to, bytes, earlier(bytes.byteLength, modifiedMs), guard);
  } else {
    const old = Buffer.from(`an older version of ${to}`, "utf8");
    await ground.bare.putFile(to, old, earlier(old.byteLength, modifiedMs - dice.between(-5000, 5000)), guard);
  }
}

async function putInTheWay(
  ground: Ground,
  dice: Dice,
  folders: readonly LakePath[],
  files: readonly LakePath[],
  moved: (path: LakePath) => LakePath,
  request: MigrationRequest,
): Promise<void> {
  const sunk = (paths: readonly LakePath[]) => paths.filter((path) => path !== "/part" && isSunk(path, request));
  for (const [from, isFile] of [
    [sunk(folders.slice(1)), false],
    [sunk(files), true],
  ] as const) {
    if (from.length === 0 || dice.chance(0.5)) continue;
    const path = moved(dice.pick(from));
    if (isRefused(path)) continue;
    const origin = earlier(0, 0);
    // Whatever stands there already stays.
    const put = isFile
      ? ground.bare.makeFolder(path, origin)
      : ground.bare.putFile(path, Buffer.from("in the way"), origin, { replaces: "nothing" });
    await put.catch(() => undefined);
  }
}

/** One change of the source: something is added, grows, is replaced, or goes. */
export async function mutate(ground: Ground, dice: Dice, nowMs: number): Promise<void> {
  const { files, folders } = await ground.source();
  const there = [...files.keys()] as LakePath[];
  const parents = [...folders].filter((path) => path !== "/part" || dice.chance(0.5)) as LakePath[];
  const fresh = childPath(dice.pick(parents), `n${nowMs}${dice.between(0, 999)}`);
  const victim = there.length === 0 ? fresh : dice.pick(there);
  const content = contentOf(dice, `${victim} anew `);
  switch (dice.pick(["add", "add", "change", "change", "remove", "fold", "unfold"])) {
    case "add":
      return ground.write(fresh, content, nowMs);
    case "change":
      return ground.write(victim, content, nowMs);
    case "remove":
      return ground.remove(victim);
    case "fold": {
      // A file becomes a folder of the same name.
      await ground.remove(victim);
      return ground.write(childPath(victim, "inner"), content, nowMs);
    }
    case "unfold": {
      const folder = splitPath(victim).folder;
      if (folder === rootPath || folder === "/part") return;
      await ground.remove(folder);
      return ground.write(folder, content, nowMs);
    }
  }
}
