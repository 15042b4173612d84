// The least that AzCopy, rclone and lakeferry need of a storage account: Blob and DFS on one port, path-style. Of contents it
// keeps the CRC-32, by which is told afterwards whether every file has come whole, and answers a checksum with the one it was
// sent: computing it costs CPU that on Azure is the service's. Requests a second may be capped, with 503 beyond; each may take
// a while; and of each N-th body one byte may be another than was sent, in which case checksums are computed.
// Usage: node bench/sink/main.ts [--cap N] [--delay MS] [--flip N]; its first line says the port.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { openAccount, refusal, type Reply } from "./account.ts";
import { readBody } from "./body.ts";

const { values } = parseArgs({
  options: { cap: { type: "string" }, delay: { type: "string", default: "0" }, flip: { type: "string" } },
});
const cap = values.cap === undefined ? undefined : Number(values.cap);
const delayMs = Number(values.delay);
const flip = values.flip === undefined ? undefined : Number(values.flip);

const account = openAccount();
const control = "/_control";
let requests: Record<string, number> = {};
let cpu = process.cpuUsage();
let [refused, bodies, flipped, first, last, second, inSecond] = [0, 0, 0, 0, 0, 0, 0];

const server = createServer((message, response) => void serve(message, response));
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));
process.once("disconnect", () => process.exit(0));
process.stdin.resume().once("end", () => process.exit(0));

async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "", url = "", headers } = message;
  const [rawPath = "", rawQuery = ""] = url.split("?", 2);
  if (rawPath.startsWith(control)) return void response.end(controlled(method, rawPath.slice(control.length + 1)));
  const isContent = Number(headers["content-length"] ?? 0) > 0 && !rawQuery.includes("comp=blocklist");
  const isFlipped = isContent && flip !== undefined && ++bodies % flip === 0;
  if (isFlipped) flipped++;
  const isSummed = flip !== undefined && isContent;
  const body = await readBody(message, { isText: rawQuery.includes("comp=blocklist"), isFlipped, isSummed });
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const [, , system = "", ...names] = decodeURIComponent(rawPath).split("/");
  const query = new URLSearchParams(rawQuery);
  const asked = { method, system, path: names.join("/"), query, headers: headers as Record<string, string>, body };
  const reply = isBeyondCap() ? busy() : account.answer(asked);
  last = Date.now();
  first ||= last;
  const op =
    `${method} ${["restype", "comp", "resource", "action"].map((name) => query.get(name) ?? "").join("")}`.trim();
  requests[op] = (requests[op] ?? 0) + 1;
  send(message, response, reply);
}

function send(message: IncomingMessage, response: ServerResponse, { status, headers, body = "" }: Reply): void {
  const isHead = message.method === "HEAD";
  response.writeHead(status, {
    "x-ms-request-id": "00000000-0000-0000-0000-000000000000",
    "x-ms-version": message.headers["x-ms-version"] ?? "2023-11-03",
    ...(isHead ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    ...headers,
  });
  response.end(isHead ? undefined : body);
}

function controlled(method: string, system: string): string {
  if (system !== "") {
    return [...account.files(system)]
      .map(([path, { bytes, crc }]) => `${JSON.stringify([path, bytes, crc])}\n`)
      .join("");
  }
  const { user, system: kernel } = process.cpuUsage(cpu);
  const seen = {
    requests,
    refused,
    flipped,
    sentAgain: account.sentAgain(),
    seconds: (last - first) / 1000,
    files: account.count(),
    cpuSeconds: (user + kernel) / 1e6,
  };
  if (method === "DELETE") account.clear();
  if (method !== "GET") {
    requests = {};
    cpu = process.cpuUsage();
    [refused, bodies, flipped, first, last] = [0, 0, 0, 0, 0];
  }
  return JSON.stringify(seen);
}

function isBeyondCap(): boolean {
  if (cap === undefined) return false;
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) inSecond = 0;
  second = now;
  if (++inSecond <= cap) return false;
  refused++;
  return true;
}

function busy(): Reply {
  return refusal(503, "ServerBusy");
}
