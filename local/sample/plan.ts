import { type Access, defaultAccess, sampleIds } from "../gen1/access.ts";
import { parseAcl, withMissingMasks } from "../kit/acl.ts";
import { type Chance, chanceOf, noise, ordersCsv, ordersJson } from "./content.ts";

/** A name of the sample lake; folders come before what is in them. */
export type Planned = PlannedFile | PlannedFolder;

/** A file to be; `chunks` gives the same bytes each time. */
export type PlannedFile = {
  readonly kind: "file";
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly access: Access;
  chunks(): Iterable<Buffer>;
};

/** A folder to be. */
export type PlannedFolder = {
  readonly kind: "folder";
  readonly path: string;
  readonly modifiedMs: number;
  readonly access: Access;
};

/** Everything in the sample lake; the same plan for the same size of its one big file. */
export function samplePlan(bigFileBytes: number): readonly Planned[] {
  return [...sales(), ...oddities(), ...wildNames(), ...restricted(), ...archive(bigFileBytes)];
}

const dayMs = 86_400_000;
const firstDayMs = Date.UTC(2023, 10, 1);
const salesDays = 100;
const filesPerDay = 6;

const { analysts, auditor, loader, payroll } = sampleIds;

function* sales(): Iterable<Planned> {
  const shared = withAcl(
    `user::rwx,group::r-x,group:${analysts}:r-x,other::---,` +
      `default:user::rwx,default:group::r-x,default:group:${analysts}:r-x,default:other::---`,
  );
  yield folder("/sales", firstDayMs, { ...shared, owner: loader });
  const known = new Set<string>();
  for (let day = 0; day < salesDays; day++) {
    const startMs = firstDayMs + day * dayMs;
    const date = new Date(startMs).toISOString().slice(0, 10);
    const [year = "", month = ""] = date.split("-");
    const path = `/sales/${date.replaceAll("-", "/")}`;
    for (const each of [`/sales/${year}`, `/sales/${year}/${month}`, path]) {
      if (!known.has(each)) yield folder(each, startMs, shared);
      known.add(each);
    }
    yield* salesOf(path, date, startMs);
  }
}

function* salesOf(path: string, date: string, startMs: number): Iterable<Planned> {
  const access = withAcl(`user::rw-,group::r--,group:${analysts}:r--,other::---`);
  for (let part = 0; part < filesPerDay; part++) {
    const chance = chanceOf(startMs / 1000 + part);
    const [name, content] =
      part % 3 === 2
        ? [`events-${part}.json`, ordersJson(chance, date)]
        : [`part-${String(part).padStart(5, "0")}.csv`, ordersCsv(chance, date)];
    yield file(`${path}/${name}`, content, startMs + (part + 1) * 3_600_000 + Math.floor(chance() * 1000), access);
  }
}

function* oddities(): Iterable<Planned> {
  yield folder("/empty folder", firstDayMs);
  yield folder("/logs", firstDayMs);
  yield file("/logs/empty.log", Buffer.alloc(0), firstDayMs);
  yield file("/readme.txt", Buffer.from("A sample lake. Everything in it is made up.\n"), firstDayMs);
  const farMs = Date.UTC(2099, 11, 31);
  yield folder("/scratch", firstDayMs, { ...defaultAccess, isSticky: true });
  yield file("/scratch/expires in 2099.json", Buffer.from("{}\n"), firstDayMs, { ...defaultAccess, expiresMs: farMs });
  const deep = Array.from({ length: 12 }, (_, level) => `level ${level + 1}`);
  for (let level = 1; level <= deep.length; level++) yield folder(`/${deep.slice(0, level).join("/")}`, firstDayMs);
  yield file(`/${deep.join("/")}/bottom.txt`, Buffer.from("12 folders down\n"), firstDayMs);
}

function* wildNames(): Iterable<Planned> {
  const names = [
    "two  spaces and one at the end ",
    "a+b=c.csv",
    "100%25 #1 & more?.txt",
    `it's "quoted".txt`,
    "🚢 ferry 🌊.md",
    "e\u0301 combined.txt",
    "\u00e9 composed.txt",
    "日本語.csv",
    "[brackets] {braces} (parens);,@!$^~`.txt",
    ".hidden",
    "UPPER and lower.TXT",
  ];
  yield folder("/names: all kinds", firstDayMs);
  for (const [index, name] of names.entries()) {
    yield file(`/names: all kinds/${name}`, Buffer.from(`${name}\n`), firstDayMs + index * 60_000);
  }
  yield folder("/names: all kinds/a folder, too +%20", firstDayMs);
  yield file("/names: all kinds/a folder, too +%20/inside", Buffer.from("inside\n"), firstDayMs);
}

function* restricted(): Iterable<Planned> {
  const base = `user::rwx,user:${auditor}:r-x,group::rwx,other::---`;
  const handedDown = base.split(",").map((entry) => `default:${entry}`);
  const owned = { owner: payroll, group: payroll };
  yield folder("/finance", firstDayMs, { ...withAcl([base, ...handedDown].join(",")), ...owned });
  yield folder("/finance/2023", firstDayMs, { ...withAcl([base, ...handedDown].join(",")), ...owned });
  const chance = chanceOf(4);
  for (const quarter of [1, 2, 3, 4]) {
    const access = { ...withAcl(`user::rw-,user:${auditor}:r--,group::---,mask::r--,other::---`), ...owned };
    yield file(`/finance/2023/q${quarter}.csv`, ordersCsv(chance, `2023-Q${quarter}`), firstDayMs + quarter, access);
  }
  yield folder("/public", firstDayMs, withAcl("user::rwx,group::r-x,other::r-x"));
  yield file("/public/prices.csv", ordersCsv(chance, "2023"), firstDayMs, withAcl("user::rw-,group::r--,other::r--"));
}

function* archive(bigFileBytes: number): Iterable<Planned> {
  yield folder("/archive", firstDayMs);
  const seed = (): Chance => chanceOf(256);
  yield {
    kind: "file",
    path: "/archive/telemetry.bin",
    bytes: bigFileBytes,
    modifiedMs: firstDayMs + 123,
    access: defaultAccess,
    chunks: () => noise(seed(), bigFileBytes),
  };
}

function folder(path: string, modifiedMs: number, access: Access = defaultAccess): PlannedFolder {
  return { kind: "folder", path, modifiedMs, access };
}

function file(path: string, content: Buffer, modifiedMs: number, access: Access = defaultAccess): PlannedFile {
  return { kind: "file", path, bytes: content.length, modifiedMs, access, chunks: () => [content] };
}

function withAcl(spec: string): Access {
  return { ...defaultAccess, acl: withMissingMasks(parseAcl(spec)) };
}
