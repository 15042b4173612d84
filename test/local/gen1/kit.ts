import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Pool } from "undici";
import type { Dumped } from "../../../local/gen1/dump.ts";
import { type Gen1, type Gen1Options, startGen1 } from "../../../local/gen1/gen1.ts";

/** A reply, read whole. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
};

/** A started emulator and a plain client for it. */
export type TestLake = {
  readonly gen1: Gen1;
  readonly url: string;
  /** Sends a request as it stands; a target without a leading slash is taken under /webhdfs/v1/. */
  ask(method: Method, target: string, body?: string | Buffer): Promise<Answer>;
  /** Like ask, for JSON replies; throws on any other status than 200. */
  json(method: Method, target: string): Promise<unknown>;
  /** CREATEs a file, with the folders above it. */
  write(path: string, content: string | Buffer): Promise<void>;
  /** The names that LISTSTATUS gives with these further parameters. */
  names(folder: string, more?: string): Promise<readonly string[]>;
  /** The FileStatus of a path. */
  status(path: string, more?: string): Promise<FileStatus>;
  /** Every name of the lake, by the control endpoint. */
  dump(): Promise<readonly Dumped[]>;
  /** The entries of MSGETACLSTATUS. */
  acl(path: string): Promise<readonly string[]>;
};

export type Method = "GET" | "PUT" | "POST" | "DELETE";
export type FileStatus = Readonly<Record<string, unknown>>;
type Options = Omit<Gen1Options, "store">;

/** Declares the same test for a lake of files and for one in memory. */
export function onBothStores(
  promise: string,
  run: (start: (options?: Options) => Promise<TestLake>) => Promise<void>,
): void {
  for (const kind of ["files", "memory"] as const) {
    test(`${promise} (${kind})`, (t) =>
      run((options) => (kind === "files" ? filesLake(t, options) : memoryLake(t, options))));
  }
}

/** An empty lake in memory, gone after the test. */
export function memoryLake(t: TestContext, options: Options = {}): Promise<TestLake> {
  return started(t, { ...options, store: { kind: "memory" } });
}

/** A lake over a folder, a new empty one unless `root` is given; gone after the test. */
export function filesLake(t: TestContext, options: Options & { readonly root?: string } = {}): Promise<TestLake> {
  const { root = tempFolder(t), ...rest } = options;
  return started(t, { ...rest, store: { kind: "files", root } });
}

/** A new folder that is removed after the test. */
export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-gen1-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A path as a query or path part, encoded whole. */
export const encoded = encodeURIComponent;

async function started(t: TestContext, options: Gen1Options): Promise<TestLake> {
  const gen1 = await startGen1(options);
  const pool = new Pool(gen1.url);
  t.after(async () => {
    await pool.destroy();
    await gen1.close();
  });

  const ask: TestLake["ask"] = async (method, target, body) => {
    const path = target.startsWith("/") ? target : `/webhdfs/v1/${target}`;
    const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
    const reply = await pool.request({ method, path, headers, body: body ?? (method === "GET" ? null : "") });
    const bytes = Buffer.from(await reply.body.arrayBuffer());
    return { status: reply.statusCode, headers: reply.headers, bytes, text: bytes.toString("utf8") };
  };
  const json: TestLake["json"] = async (method, target) => {
    const { status, text } = await ask(method, target);
    if (status !== 200) throw new Error(`${method} ${target}: ${status} ${text}`);
    return JSON.parse(text);
  };
  return {
    gen1,
    url: gen1.url,
    ask,
    json,
    async write(path, content) {
      const { status, text } = await ask("PUT", `${encoded(path)}?op=CREATE&write=true&overwrite=true`, content);
      if (status !== 201) throw new Error(`CREATE ${path}: ${status} ${text}`);
    },
    async names(folder, more = "") {
      const body = (await json("GET", `${encoded(folder)}?op=LISTSTATUS${more}`)) as Listing;
      return body.FileStatuses.FileStatus.map(({ pathSuffix }) => String(pathSuffix));
    },
    async status(path, more = "") {
      return ((await json("GET", `${encoded(path)}?op=GETFILESTATUS${more}`)) as { FileStatus: FileStatus }).FileStatus;
    },
    async dump() {
      const { text } = await ask("GET", "/_control/dump?hash=true");
      return text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Dumped);
    },
    async acl(path) {
      const body = (await json("GET", `${encoded(path)}?op=MSGETACLSTATUS`)) as { AclStatus: { entries: string[] } };
      return body.AclStatus.entries;
    },
  };
}

type Listing = { readonly FileStatuses: { readonly FileStatus: readonly FileStatus[] } };

/** The exception that an error reply names. */
export function exceptionOf({ text }: Answer): unknown {
  return (JSON.parse(text) as { RemoteException: { exception: string } }).RemoteException.exception;
}
