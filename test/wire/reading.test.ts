import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createServer as createTlsServer, setDefaultCACertificates } from "node:tls";
import fc from "fast-check";
import { certificateIn } from "../../local/kit/certificate.ts";
import { openHttp } from "../../src/wire/http.ts";
import { wireRequest } from "../kit/wire.ts";

// How a server cuts up what it sends, and how often the receiver is slow.
const cuts = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 6 });
const replies = fc.array(
  fc.record({ bytes: fc.integer({ min: 0, max: 500_000 }), cuts, isSlow: fc.boolean(), isWhole: fc.boolean() }),
  { minLength: 1, maxLength: 12 },
);

for (const protocol of ["http", "https"] as const) {
  test(`what ${protocol} connections read arrives as it was sent, however it is cut up and whoever is slow`, () =>
    arrives(protocol));
}

async function arrives(protocol: "http" | "https"): Promise<void> {
  let planned: readonly { readonly bytes: number; readonly cuts: readonly number[] }[] = [];
  await withServer(
    protocol,
    async (asked, socket) => {
      const { bytes, cuts: lengths } = planned[asked] ?? { bytes: 0, cuts: [1] };
      // A long head, so that some are cut as well.
      const head = `HTTP/1.1 200 OK\r\ncontent-length: ${bytes}\r\nx-asked: ${asked}\r\nx-long: ${"h".repeat(3000)}\r\n\r\n`;
      const all = Buffer.concat([Buffer.from(head), contentOf(asked, bytes)]);
      for (let at = 0, turn = 0; at < all.length; turn++) {
        const length = lengths[turn % lengths.length] ?? 1;
        socket.write(all.subarray(at, at + length));
        at += length;
        // Now and then the reader is to see an end of what there is.
        if (turn % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async (origin) => {
      const http = openHttp(origin, 3);
      try {
        await fc.assert(
          fc.asyncProperty(replies, async (plan) => {
            planned = plan;
            await Promise.all(
              plan.map(async ({ bytes, isSlow, isWhole }, asked) => {
                const got: Buffer[] = [];
                const receive = (chunk: Uint8Array) => {
                  got.push(Buffer.from(chunk));
                  return isSlow ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined;
                };
                const target = `/${asked}`;
                const reply = await http.send(wireRequest({ origin, target, ...(isWhole ? {} : { receive }) }));
                assert.equal(reply.headers["x-asked"], String(asked));
                assert.equal(reply.headers["x-long"]?.length, 3000);
                const content = isWhole ? Buffer.from(reply.body) : Buffer.concat(got);
                assert.ok(content.equals(contentOf(asked, bytes)), `reply ${asked} of ${bytes} bytes is another`);
              }),
            );
          }),
          { numRuns: 40 },
        );
      } finally {
        await http.close();
      }
    },
  );
}

function contentOf(asked: number, bytes: number): Buffer {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at++) content[at] = (at * 31 + (at >> 8) * 17 + asked * 101) & 0xff;
  return content;
}

async function withServer(
  protocol: "http" | "https",
  answer: (asked: number, socket: Socket) => Promise<void>,
  use: (origin: string) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-reading-"));
  const certificate = certificateIn(folder);
  const listen = (socket: Socket) => {
    sockets.add(socket.setNoDelay(true));
    socket.on("error", () => undefined);
    let seen = "";
    socket.on("data", (chunk) => {
      seen += chunk.toString("latin1");
      const [, asked] = /^GET \/(\d+) .*\r\n\r\n$/su.exec(seen) ?? [];
      if (asked === undefined) return;
      seen = "";
      void answer(Number(asked), socket);
    });
  };
  setDefaultCACertificates([certificate.cert]);
  const server: Server = protocol === "http" ? createServer(listen) : createTlsServer(certificate, listen);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  }
}
