// Carries one lake over in one of three ways, and says what that has cost this process. Used by bench/hot.ts.
// Usage: node bench/hot/client.ts <way> <Gen1 endpoint> <Gen2 endpoint> <files> <bytes> <rounds>
import { hash, randomUUID } from "node:crypto";
import { BlobServiceClient, AnonymousCredential, newPipeline } from "@azure/storage-blob";
import { Pool } from "undici";
import { isoTime } from "../../src/core/time.ts";
import { nameOf } from "../cases.ts";
import { openAlone } from "./ferry.ts";

const [way = "", from = "", to = "", ...numbers] = process.argv.slice(2);
const [files = 0, bytes = 0, rounds = 1] = numbers.map(Number);
const fileSystem = "lake";
const inFlight = 64;

type Way = { readonly cross: () => Promise<void>; readonly close: () => Promise<void> };

const ways: Readonly<Record<string, () => Way>> = { bare, sdk: () => whole(true), lakeferry: () => whole(false) };
const open = ways[way];
if (open === undefined) throw new Error(`there is no way "${way}"`);
const { cross, close } = open();
for (let round = 0; round < rounds; round++) {
  await fetch(new URL("/_control", to), { method: "DELETE" });
  const [before, startMs] = [process.cpuUsage(), performance.now()];
  await cross();
  const { user, system } = process.cpuUsage(before);
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const spent = { cpuMicros: (user + system) / files, seconds: (performance.now() - startMs) / 1000, peakMiB };
  console.log(JSON.stringify(spent));
}
await close();

// The least that a client can do: each file's bytes by one GET and one PUT with their MD5, checked by what is answered.
function bare(): Way {
  const [source, sink] = [new URL(from), new URL(`${to}/${fileSystem}`)];
  const options = { connections: inFlight, headersTimeout: 0, bodyTimeout: 0 };
  const pools = [new Pool(source.origin, options), new Pool(sink.origin, options)] as const;
  const authorization = "Bearer emulator";

  async function carry(name: string): Promise<void> {
    const read = await pools[0].request({
      path: `/webhdfs/v1/${name}?op=OPEN&api-version=2018-09-01&read=true&offset=0&length=${bytes}`,
      method: "GET",
      headers: { authorization, "x-ms-client-request-id": randomUUID() },
    });
    const body = await read.body.bytes();
    const md5 = hash("md5", body, "base64");
    const headers = {
      authorization,
      "x-ms-version": "2023-11-03",
      "x-ms-client-request-id": randomUUID(),
      "x-ms-blob-type": "BlockBlob",
      "content-md5": md5,
      "x-ms-meta-lakeferry_run": "bench",
      "x-ms-meta-lakeferry_length": String(bytes),
      "x-ms-meta-mtime": isoTime(0),
      "if-none-match": "*",
    };
    const written = await pools[1].request({ path: `${sink.pathname}/${name}`, method: "PUT", body, headers });
    await written.body.dump();
    if (body.byteLength !== bytes || written.statusCode !== 201 || written.headers["content-md5"] !== md5) {
      throw new Error(`${name}: HTTP ${written.statusCode}`);
    }
  }

  return {
    cross: async () => {
      await fetch(`${to}/${fileSystem}?restype=container`, { method: "PUT" });
      let next = 0;
      const lane = async () => {
        while (next < files) await carry(nameOf(next++));
      };
      await Promise.all(Array.from({ length: inFlight }, lane));
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()));
    },
  };
}

// lakeferry's own data path, or the same with the storage SDK for each file's PUT.
function whole(isBySdk: boolean): Way {
  const container = new BlobServiceClient(to, newPipeline(new AnonymousCredential())).getContainerClient(fileSystem);
  const at = { from, to, fileSystem, preserve: ["LastModified"] };
  const alone = openAlone(at, (sink) =>
    !isBySdk
      ? sink
      : {
          ...sink,
          putFile: async (path, content, { run, bytes: length, modifiedMs }, _guard, signal) => {
            const md5 = hash("md5", content, "buffer");
            const { etag = "" } = await container
              .getBlockBlobClient(path.slice(1))
              .upload(Buffer.from(content.buffer, content.byteOffset, content.byteLength), content.byteLength, {
                conditions: { ifNoneMatch: "*" },
                blobHTTPHeaders: { blobContentMD5: md5 },
                metadata: { lakeferry_run: run, lakeferry_length: String(length), mtime: isoTime(modifiedMs) },
                ...(signal === undefined ? {} : { abortSignal: signal }),
              });
            return { etag, md5: md5.toString("hex") };
          },
        },
  );
  return {
    cross: async () => {
      const { status, error } = await alone.cross();
      if (status !== "Succeeded") throw new Error(`${status}: ${JSON.stringify(error)}`);
    },
    close: alone.close,
  };
}
