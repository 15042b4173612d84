import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Agent } from "undici";
import { type Gen2, type Gen2Options, startGen2 } from "../../../local/gen2/gen2.ts";

/** A reply as a raw client sees it. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
};

/** Sends `"PUT /fs1/d?resource=directory"` as it stands, below the account. */
export type Ask = (line: string, headers?: Readonly<Record<string, string>>, body?: string | Buffer) => Promise<Answer>;

/** An emulator for one test, and a raw client of it. */
export type Started = { readonly gen2: Gen2; readonly ask: Ask };

/** Runs a test on each store; `fs1` exists. */
export function onBothStores(
  promise: string,
  check: (started: Started) => Promise<void>,
  options: Partial<Gen2Options> = {},
): void {
  for (const store of ["memory", "files"] as const) {
    test(`${promise} (${store})`, async (context) => {
      const started = await startFor(context, { ...options, store });
      await started.ask("PUT /fs1?resource=filesystem");
      await check(started);
    });
  }
}

/** Starts an emulator that ends with the test; a files store without a root gets a folder of its own. */
export async function startFor(context: TestContext, options: Gen2Options): Promise<Started> {
  const root = options.root ?? temporaryFolder(context);
  const gen2 = await startGen2({ ...options, root });
  context.after(() => gen2.close());
  return { gen2, ask: asking(gen2) };
}

/** Starts an emulator as a process of its own, killed at the end of the test; it takes unsigned requests. */
export async function startProcess(
  context: TestContext,
  root: string,
): Promise<{ readonly ask: Ask; readonly child: ChildProcess; readonly port: number; readonly account: string }> {
  const args = ["local/gen2/main.ts", "--root", root, "--account-key", ""];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { port, account } = JSON.parse(line.toString()) as { port: number; account: string };
  return { ask: asking({ port, account }), child, port, account };
}

/** A folder that is removed after the test. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "gen2-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A raw client of an emulator; the path goes out unchanged. */
export function asking(gen2: Pick<Gen2, "port" | "account">): Ask {
  const agent = new Agent();
  return async (line, headers = {}, body) => {
    const space = line.indexOf(" ");
    const reply = await agent.request({
      origin: `http://127.0.0.1:${gen2.port}`,
      method: line.slice(0, space),
      path: `/${gen2.account}${line.slice(space + 1)}`,
      headers: { "x-ms-version": "2023-11-03", ...headers },
      body: body ?? null,
      reset: false,
    });
    const bytes = Buffer.from(await reply.body.arrayBuffer());
    return { status: reply.statusCode, headers: reply.headers, bytes, text: bytes.toString() };
  };
}

/** Puts a small blob and returns the reply. */
export function put(
  ask: Ask,
  path: string,
  body = "x",
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return ask(`PUT ${path}`, { "x-ms-blob-type": "BlockBlob", ...headers }, body);
}

/** The code of a failure: status and x-ms-error-code. */
export function failure(answer: Answer): string {
  return `${answer.status} ${String(answer.headers["x-ms-error-code"] ?? "-")}`;
}

/** A header that the reply must carry. */
export function headerOf(answer: Answer, name: string): string {
  const value = answer.headers[name];
  if (typeof value !== "string") throw new Error(`${answer.status} without ${name}: ${answer.text}`);
  return value;
}

/** The names in a DFS listing. */
export function pathNames(answer: Answer): readonly string[] {
  return (JSON.parse(answer.text) as { paths: { name: string }[] }).paths.map(({ name }) => name);
}

/** The `<Name>`s in a Blob listing, as they stand in the XML. */
export function blobNames(answer: Answer): readonly string[] {
  return [...answer.text.matchAll(/<Name>([^<]*)<\/Name>/g)].map(([, name = ""]) => name);
}
