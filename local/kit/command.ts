import { readFileSync } from "node:fs";
import { type Certificate, certificateIn } from "./certificate.ts";
import { type Fault, parseFaults } from "./faults.ts";
import { type Latency, latencyNamed } from "./latency.ts";
import type { BearerRule } from "./tokens.ts";

/** The command line asks for something that isn't there; the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs a command; what goes wrong ends on stderr, with exit code 2 for a wrong command line and 1 for anything else. */
export async function runCommand(command: (args: readonly string[]) => Promise<void>): Promise<void> {
  try {
    await command(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** Ends the process in order on SIGTERM and SIGINT. */
export function onStop(stop: () => Promise<void>): void {
  const end = () => {
    void stop().finally(() => process.exit(0));
  };
  process.once("SIGTERM", end).once("SIGINT", end);
}

/** A whole number from the command line; undefined when the option is absent. */
export function wholeNumber(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`${option} is a whole number, not "${value}"`);
}

/** The fault plan in a JSON file; undefined when the option is absent. */
export function faultsFrom(file: string | undefined): readonly Fault[] | undefined {
  if (file === undefined) return undefined;
  try {
    return parseFaults(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new UsageError(`--faults ${file}: ${messageOf(cause)}`, { cause });
  }
}

/** The latency model of a name; undefined when the option is absent. */
export function latencyFrom(name: string | undefined): Latency | undefined {
  return usage(() => latencyNamed(name));
}

/** How an account is served safely, for `--help`. */
export const securityUsage = `  --tls DIR             serves https with DIR/cert.pem and key.pem, made there when there are none
  --audience URI        asks for bearer tokens for URI, signed with that key; needs --tls
`;

/** How an account is served safely: over TLS, and which tokens it asks for. */
export function securityFrom(values: { readonly tls?: string | undefined; readonly audience?: string | undefined }): {
  readonly tls: Certificate | undefined;
  readonly bearer: BearerRule | undefined;
} {
  const { tls: folder, audience } = values;
  if (audience !== undefined && folder === undefined) throw new UsageError("--audience needs --tls: who signs tokens");
  const tls = folder === undefined ? undefined : certificateIn(folder);
  return { tls, bearer: tls === undefined || audience === undefined ? undefined : { audience, issuer: tls } };
}

/** Does what reads the command line; what node:util says of it becomes a UsageError. */
export function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UsageError(messageOf(cause), { cause });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
