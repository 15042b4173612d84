// What checksums cost, by kind, by the size of what is hashed, and by thread: CPU of the thread that has other things to do,
// and of the whole process. Usage: node bench/hashes.ts [--megabytes 256]
import { hash, randomFillSync } from "node:crypto";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { crc32 } from "node:zlib";
import { addToCrc64, emptyCrc64 } from "../src/core/crc64.ts";

const { values } = parseArgs({ options: { megabytes: { type: "string", default: "256" } } });
const total = Number(values.megabytes) * 1024 * 1024;
const sizes = { "4 KiB": 4096, "64 KiB": 65_536, "8 MiB": 8 * 1024 * 1024 };

const kinds: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  "MD5 (OpenSSL)": (bytes) => hash("md5", bytes, "base64"),
  "SHA-256 (OpenSSL)": (bytes) => hash("sha256", bytes, "base64"),
  "CRC-64 (src/core/crc64.ts)": (bytes) => addToCrc64(emptyCrc64, bytes),
  "CRC-32 (zlib), for comparison": crc32,
};

// A buffer is handed over and comes back: nothing is copied, but two messages are sent for each.
const worker = new Worker(
  `const { parentPort } = require("node:worker_threads");
   const { hash } = require("node:crypto");
   parentPort.on("message", (bytes) => parentPort.postMessage({ bytes, md5: hash("md5", bytes, "base64") }, [bytes.buffer]));`,
  { eval: true },
);

for (const [size, bytes] of Object.entries(sizes)) {
  const count = Math.min(50_000, Math.ceil(total / bytes));
  const content = randomFillSync(new Uint8Array(bytes));
  for (const [kind, digest] of Object.entries(kinds)) {
    for (let warm = 0; warm < Math.min(count, 2000); warm++) digest(content);
    await tell(`${size.padEnd(6)} ${kind}`, count, bytes, async () => {
      for (let done = 0; done < count; done++) digest(content);
    });
  }
  await tell(`${size.padEnd(6)} MD5 in a worker thread`, count, bytes, () => byWorker(content, count));
}
await worker.terminate();

async function tell(what: string, count: number, bytes: number, act: () => Promise<void>): Promise<void> {
  const [own, all] = [process.threadCpuUsage(), process.cpuUsage()];
  await act();
  const micros = ({ user, system }: NodeJS.CpuUsage) => user + system;
  const [ownMicros, allMicros] = [micros(process.threadCpuUsage(own)), micros(process.cpuUsage(all))];
  const perSecond = (count * bytes) / 1e9 / (allMicros / 1e6);
  console.log(
    `${what.padEnd(38)} ${(ownMicros / count).toFixed(1).padStart(9)} µs of the main thread, ` +
      `${(allMicros / count).toFixed(1).padStart(9)} µs in all, ${perSecond.toFixed(2)} GB for a second of CPU`,
  );
}

// Eight under way at a time, as many as a process has files to send.
function byWorker(content: Uint8Array, count: number): Promise<void> {
  return new Promise((resolve) => {
    let [sent, back] = [0, 0];
    const send = (bytes: Uint8Array) => {
      sent++;
      worker.postMessage(bytes, [bytes.buffer as ArrayBuffer]);
    };
    worker.on("message", ({ bytes }: { readonly bytes: Uint8Array }) => {
      if (sent < count) send(bytes);
      if (++back < count) return;
      worker.removeAllListeners("message");
      resolve();
    });
    for (let first = 0; first < Math.min(8, count); first++) send(content.slice());
  });
}
