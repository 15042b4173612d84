import type { LoggedRequest, Requests } from "../../local/kit/requests.ts";
import type { MigrationRequest } from "../../src/core/request.ts";
import { emulatedFerry } from "./emulatedFerry.ts";
import type { PlannedItem } from "./plannedLake.ts";
import { addRun, drive, requestOf } from "./testFerry.ts";

/** What the emulators were asked about the files of one kind, per file, and about everything else. */
export type Asked = {
  readonly what: string;
  /** By operation: how many for each file, as most of them had it. */
  readonly source: Counts;
  readonly sink: Counts;
  /** Of all files together, what goes beyond that: what the first of its kind costs once for all. */
  readonly once: Counts;
};

/** Requests by operation. */
export type Counts = Readonly<Record<string, number>>;

const folder = "/d";
const files = 50;
const ana = "5f0c1b1e-0001-4000-8000-000000000000";
const maker = "$superuser";
const base = { modifiedMs: 1_600_000_000_123, owner: maker, group: maker, isSticky: false, expiresMs: 0 } as const;
const shared = `user::rwx,group::r-x,group:${ana}:r-x,mask::r-x,other::---,default:user::rwx,default:group::r-x,default:group:${ana}:r-x,default:mask::r-x,default:other::---`;
const inherited = `user::rw-,group::r-x,group:${ana}:r-x,mask::r--,other::---`;

type Kind = {
  readonly what: string;
  readonly folderAcl: string;
  readonly file: Partial<PlannedItem> & Pick<PlannedItem, "acl">;
};

const plainFolder = "user::rwx,group::r-x,other::---";
const kinds: readonly Kind[] = [
  { what: "no ACL, as it would inherit", folderAcl: plainFolder, file: { acl: "user::rw-,group::r--,other::---" } },
  {
    what: "no ACL, another owner",
    folderAcl: plainFolder,
    file: { acl: "user::rw-,group::r--,other::---", owner: ana },
  },
  { what: "ACL, as it would inherit", folderAcl: shared, file: { acl: inherited } },
  { what: "ACL, another owner", folderAcl: shared, file: { acl: inherited, owner: ana } },
  {
    what: "ACL of its own",
    folderAcl: shared,
    file: { acl: `user::rwx,user:${ana}:rwx,group::---,mask::rwx,other::---` },
  },
  {
    what: "another owner and an expiry",
    folderAcl: plainFolder,
    file: { acl: "user::rw-,group::r--,other::---", owner: ana, expiresMs: 2_500_000_000_000 },
  },
];

/** Migrates a folder of files of each kind and counts at the emulators; the last rows are reruns. */
export async function requestTable(): Promise<readonly Asked[]> {
  const rows: Asked[] = [];
  for (const kind of kinds) rows.push(...(await asked(kind, [{ what: `first copy: ${kind.what}`, body: {} }])));
  const [plain] = kinds;
  const owned = kinds[3];
  if (plain === undefined || owned === undefined) return rows;
  rows.push(
    ...(await asked(plain, [{ what: "first copy, nothing preserved", body: { preserve: [] } }])),
    ...(await asked(owned, [
      { what: "", body: {} },
      { what: "rerun, nothing changed", body: {} },
      { what: "rerun, nothing changed, compareAccess full", body: { compareAccess: "full" } },
      { what: "access alone, nothing to set", body: { mode: "access" } },
    ])),
  );
  return rows;
}

async function asked(
  { folderAcl, file }: Kind,
  runs: readonly { readonly what: string; readonly body: Parameters<typeof requestOf>[0] }[],
): Promise<readonly Asked[]> {
  const items: PlannedItem[] = [
    { ...base, path: folder, acl: folderAcl },
    ...Array.from({ length: files }, (_, n) => ({
      ...base,
      path: `${folder}/${n}`,
      content: Buffer.from("x"),
      ...file,
    })),
  ];
  const { ferry, gen1, gen2, close } = await emulatedFerry(items);
  try {
    const rows: Asked[] = [];
    for (const [index, { what, body }] of runs.entries()) {
      gen1.resetRequests();
      gen2.resetRequests();
      const request: MigrationRequest = requestOf(body);
      await addRun(ferry, `r${index}`, request);
      const { status } = await drive(ferry, `r${index}`);
      if (status !== "Succeeded") throw new Error(`${what}: ${status}`);
      const [source, sink] = [countsOf(gen1.requests(), folder), countsOf(gen2.requests(), `/lake${folder}`)];
      rows.push({ what, source: source.each, sink: sink.each, once: { ...source.once, ...sink.once } });
    }
    return rows.filter(({ what }) => what !== "");
  } finally {
    await close();
  }
}

function countsOf({ log = [] }: Requests, under: string): { readonly each: Counts; readonly once: Counts } {
  const own = log.filter(({ path }) => path.startsWith(`${under}/`));
  const each: Record<string, number> = {};
  const once: Record<string, number> = {};
  for (const [op, requests] of Object.entries(Object.groupBy(own, ({ op }: LoggedRequest) => op))) {
    const all = requests?.length ?? 0;
    const usual = Math.round(all / files);
    if (usual > 0) each[op] = usual;
    if (all !== usual * files) once[op] = all - usual * files;
  }
  return { each, once };
}
