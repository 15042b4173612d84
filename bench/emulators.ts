import { type ChildProcess, fork } from "node:child_process";
import { hash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { sharedKey } from "../src/wire/sharedKey.ts";
import { account, type Kind, wideFolder } from "./lakes.ts";
import type { Spent } from "./served.ts";

// Prints requests per second and the server's CPU per request, 64 in flight over loopback. Client and server share the machine,
// so the CPU is what two runs are compared by. With an argument only the rows whose name contains it.

type Ask = {
  readonly method: "GET" | "PUT";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
};

type Row = {
  readonly name: string;
  readonly kind: Kind;
  /** Sent once, before anything is measured. */
  readonly first?: Ask;
  /** The n-th request; a promise where it has to be signed. */
  ask(n: number): Ask | Promise<Ask>;
};

const IN_FLIGHT = 64;
const PAGE = 4000;
const WARM_MS = 2000;
const MEASURED_MS = 4000;
const content = Buffer.alloc(4096, "lake");
const contentMd5 = hash("md5", content, "base64");
const versioned = { "x-ms-version": "2023-11-03" } as const;
const credential = sharedKey(account.name, account.key, Date.now);

const rows: readonly Row[] = [
  { name: "node:http, PUT 4 KiB", kind: "echo", ask: put },
  { name: "gen2 memory, Put Blob 4 KiB", kind: "gen2-memory", first: fileSystem(), ask: put },
  { name: "gen2 memory, signed Put Blob 4 KiB", kind: "gen2-signed", first: fileSystem(), ask: (n) => signed(put(n)) },
  { name: "gen2 files, Put Blob 4 KiB", kind: "gen2-files", first: fileSystem(), ask: put },
  { name: "gen1 memory, OPEN 4 KiB", kind: "gen1", ask: open },
  { name: `gen1 memory, LISTSTATUS pages of ${PAGE}`, kind: "gen1", first: page(0), ask: page },
];

const wanted = process.argv[2] ?? "";
process.stdout.write(`${"".padEnd(40)} requests/s  server CPU/request  server RSS\n`);
for (const row of rows.filter(({ name }) => name.includes(wanted))) {
  const { perSecond, cpuUs, rssMib } = await measure(row);
  const figures = [perSecond.toFixed(0).padStart(10), `${cpuUs.toFixed(1)} us`.padStart(19)];
  process.stdout.write(`${row.name.padEnd(40)} ${figures.join(" ")} ${`${rssMib.toFixed(0)} MiB`.padStart(11)}\n`);
}

type Measured = { readonly perSecond: number; readonly cpuUs: number; readonly rssMib: number };

async function measure(row: Row): Promise<Measured> {
  const root = mkdtempSync(join(tmpdir(), "bench-"));
  const server = fork(join(import.meta.dirname, "served.ts"), [row.kind, root]);
  try {
    const { port } = await told(server);
    const pool = new Pool(`http://127.0.0.1:${port}`, { connections: IN_FLIGHT });
    try {
      if (row.first !== undefined)
        await request(pool, await (row.kind === "gen2-signed" ? signed(row.first) : row.first));
      const warm = await keepAsking(pool, row, 0, WARM_MS);
      const before = await spent(server);
      const startMs = performance.now();
      const asked = await keepAsking(pool, row, warm, MEASURED_MS);
      const seconds = (performance.now() - startMs) / 1000;
      const after = await spent(server);
      return {
        perSecond: asked / seconds,
        cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / asked,
        rssMib: after.rssMib,
      };
    } finally {
      await pool.destroy();
    }
  } finally {
    await ended(server);
    rmSync(root, { recursive: true, force: true });
  }
}

/** Asks from the n-th request on for so long; says how many were answered. */
async function keepAsking(pool: Pool, row: Row, from: number, ms: number): Promise<number> {
  const endMs = performance.now() + ms;
  let next = from;
  const lane = async () => {
    while (performance.now() < endMs) await request(pool, await row.ask(next++));
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return next - from;
}

async function request(pool: Pool, ask: Ask): Promise<void> {
  const { method, path, headers } = ask;
  const reply = await pool.request({ method, path, headers, body: bodyOf(ask) });
  const bytes = await reply.body.arrayBuffer();
  if (reply.statusCode >= 300)
    throw new Error(`${method} ${path}: ${reply.statusCode} ${Buffer.from(bytes).toString()}`);
}

function bodyOf({ method, path }: Ask): Buffer | null {
  return method === "PUT" && !path.includes("?") ? content : null;
}

function fileSystem(): Ask {
  return { method: "PUT", path: `/${account.name}/fs1?restype=container`, headers: versioned };
}

function put(n: number): Ask {
  const path = `/${account.name}/fs1/d${Math.floor(n / 1000)}/f${n}`;
  return { method: "PUT", path, headers: { ...versioned, "x-ms-blob-type": "BlockBlob", "content-md5": contentMd5 } };
}

function open(n: number): Ask {
  const path = `/webhdfs/v1/wide/f${(n * 7919) % wideFolder.files}?op=OPEN&read=true`;
  return { method: "GET", path, headers: {} };
}

function page(n: number): Ask {
  const after = n === 0 ? "" : `&listAfter=f${(n * 7919) % wideFolder.files}`;
  return { method: "GET", path: `/webhdfs/v1/wide?op=LISTSTATUS&listSize=${PAGE}${after}`, headers: {} };
}

async function signed(ask: Ask): Promise<Ask> {
  const { headers } = await credential.sign({
    op: "Put Blob",
    origin: "",
    target: ask.path,
    safe: false,
    ...ask,
    ...(bodyOf(ask) === null ? {} : { body: content }),
  });
  return { ...ask, headers };
}

function spent(server: ChildProcess): Promise<Spent> {
  server.send("spent");
  return told(server);
}

async function told(server: ChildProcess): Promise<Spent> {
  const [said] = (await once(server, "message")) as [Spent];
  return said;
}

async function ended(server: ChildProcess): Promise<void> {
  const exit = once(server, "exit");
  server.disconnect();
  await exit;
}
