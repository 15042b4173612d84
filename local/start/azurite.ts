import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import type { Latency, SpanMs } from "../kit/latency.ts";
import { projectRoot, type Running, startProgram } from "./processes.ts";
import { slowPort } from "./slow.ts";

/** The well-known development key of Azurite, which the Gen2 emulator takes as well: a secret that everybody knows. */
export const developmentKey =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const account = "devstoreaccount1";
const waitMs = 50;
const maxWaits = 400;

/** Starts Azurite, for tables and blobs, on free ports, as slow as `latency` says; its files are under `folder`. */
export async function startAzurite(
  folder: string,
  logFile: string,
  latency?: Latency,
): Promise<{ readonly running: Running; readonly connectionString: string }> {
  mkdirSync(folder, { recursive: true });
  const [blob, queue, table] = [await freePort(), await freePort(), await freePort()];
  const hosts = ["--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1"];
  const ports = ["--blobPort", String(blob), "--queuePort", String(queue), "--tablePort", String(table)];
  const { running } = await startProgram({
    name: "azurite",
    file: join(projectRoot, "local", "azurite.ts"),
    args: ["--skipApiVersionCheck", "--disableTelemetry", "--location", folder, ...hosts, ...ports],
    logFile,
  });
  try {
    await Promise.all([listening(blob), listening(table)]);
  } catch (error) {
    await running.stop();
    throw error;
  }
  const connectionString = connectionTo(
    latency === undefined ? blob : await slow(running, blob, latency.stores),
    latency === undefined ? table : await slow(running, table, latency.tables),
  );
  return { running, connectionString };
}

async function slow(running: Running, target: number, latency: SpanMs): Promise<number> {
  const { port, close } = await slowPort(target, latency);
  void running.exited.then(close);
  return port;
}

function connectionTo(blob: number, table: number): string {
  return [
    "DefaultEndpointsProtocol=http",
    `AccountName=${account}`,
    `AccountKey=${developmentKey}`,
    `BlobEndpoint=http://127.0.0.1:${blob}/${account}`,
    `TableEndpoint=http://127.0.0.1:${table}/${account}`,
  ].join(";");
}

// It prints a line for each of its servers, in no fixed order; a connection tells for sure.
async function listening(port: number): Promise<void> {
  for (let waits = 0; !(await answers(port)); waits++) {
    if (waits >= maxWaits) throw new Error(`Azurite does not listen on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
