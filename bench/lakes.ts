import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startGen1 } from "../local/gen1/gen1.ts";
import { startGen2 } from "../local/gen2/gen2.ts";

/** What there is to measure; `root` is for a store of files. */
export type Kind = "echo" | "gen1" | "gen2-memory" | "gen2-signed" | "gen2-files";

/** Whose Gen2 account it is. */
export const account = { name: "lakesink", key: Buffer.alloc(64, 7).toString("base64") } as const;
/** The wide folder of the Gen1 lake, and the content of its files. */
export const wideFolder = { files: 200_000, bytes: 4096 } as const;

/** Serves one of the kinds in this process; says on which port. */
export async function start(kind: Kind, root: string | undefined): Promise<number> {
  switch (kind) {
    case "echo":
      return startEcho();
    case "gen1":
      return startLake();
    case "gen2-memory":
      return (await startGen2({ store: "memory", account: account.name })).port;
    case "gen2-signed":
      return (await startGen2({ store: "memory", account: account.name, accountKey: account.key })).port;
    case "gen2-files":
      return (await startGen2({ store: "files", root, account: account.name })).port;
  }
}

// The least that any server on node:http can do with a small PUT.
function startEcho(): Promise<number> {
  const server = createServer((request, response) => {
    request.on("data", () => undefined).on("end", () => response.writeHead(201, { "Content-Length": 0 }).end());
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

async function startLake(): Promise<number> {
  const { store, port } = await startGen1({ store: { kind: "memory" } });
  const content = Buffer.alloc(wideFolder.bytes, "lake");
  store.makeFolder("/wide");
  for (let file = 0; file < wideFolder.files; file++) {
    store.makeFile(`/wide/f${file}`);
    await store.append(`/wide/f${file}`, content);
  }
  return port;
}
