import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Latency, SpanMs } from "../kit/latency.ts";
import { projectRoot, type Running, startProgram } from "./processes.ts";
import { slowPort } from "./slow.ts";

/** The well-known development key of Azurite, which the Gen2 emulator takes as well: a secret that everybody knows. */
export const developmentKey =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const account = "devstoreaccount1";

/**
 * Starts Azurite, for tables and blobs, on free ports, as slow as `latency` says; its files are under `folder`. With a folder
 * that holds a certificate it serves https, and takes tokens: it looks at their audience and time, and at no signature.
 */
export async function startAzurite(
  folder: string,
  logFile: string,
  latency?: Latency,
  certificate?: string,
): Promise<{ readonly running: Running; readonly connectionString: string }> {
  mkdirSync(folder, { recursive: true });
  // Each server takes a port that is free, and prints which: nobody can come between finding and taking one.
  const places = ["blob", "queue", "table"].flatMap((server) => [
    `--${server}Host`,
    "127.0.0.1",
    `--${server}Port`,
    "0",
  ]);
  const secured =
    certificate === undefined
      ? []
      : ["--oauth", "basic", "--cert", join(certificate, "cert.pem"), "--key", join(certificate, "key.pem")];
  const { running, lines } = await startProgram({
    name: "azurite",
    file: join(projectRoot, "local", "azurite.ts"),
    args: ["--skipApiVersionCheck", "--disableTelemetry", "--location", folder, ...places, ...secured],
    logFile,
    isReady: (printed) => portOf(printed, "Blob") > 0 && portOf(printed, "Table") > 0,
  });
  const [blob, table] = [portOf(lines, "Blob"), portOf(lines, "Table")];
  const connectionString = connectionTo(
    certificate === undefined ? "http" : "https",
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

function connectionTo(protocol: string, blob: number, table: number): string {
  return [
    `DefaultEndpointsProtocol=${protocol}`,
    `AccountName=${account}`,
    `AccountKey=${developmentKey}`,
    `BlobEndpoint=${protocol}://127.0.0.1:${blob}/${account}`,
    `TableEndpoint=${protocol}://127.0.0.1:${table}/${account}`,
  ].join(";");
}

// It prints a line for each of its servers, in no fixed order; 0 when this one's isn't there yet.
function portOf(lines: readonly string[], server: "Blob" | "Table"): number {
  const said = new RegExp(
    `^Azurite ${server} service is successfully listening at https?://127\\.0\\.0\\.1:(\\d+)$`,
    "u",
  );
  return Number(lines.map((line) => said.exec(line)?.[1]).find((port) => port !== undefined) ?? 0);
}
