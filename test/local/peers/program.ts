import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A program that may not be here: how to start it, or why the tests that need it are skipped. */
export type Peer = { readonly command: string; readonly skip: false } | { readonly command: ""; readonly skip: string };

/** What a program said; its output as bytes, since it may be a file's content. */
export type Said = { readonly output: Buffer; readonly errors: string };

/** Looks for a program where the environment variable of its name says (AZCOPY for azcopy), else on the PATH. */
export function peer(name: string): Peer {
  const variable = name.toUpperCase();
  const named = process.env[variable];
  const places = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
  const command = named === undefined || named === "" ? places.find(isProgram) : named;
  if (command !== undefined) return { command, skip: false };
  return { command: "", skip: `${name} is not on the PATH, and ${variable} doesn't name it` };
}

/** Runs a program to its end; throws with all it said unless it succeeds. */
export function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Said> {
  return new Promise((resolve, reject) => {
    // Standard input stays open: AzCopy keeps a core busy when it isn't.
    const child = spawn(command, args, { env: { ...process.env, ...environment }, timeout: 15_000 });
    const output: Buffer[] = [];
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => {
      const said = { output: Buffer.concat(output), errors };
      if (code === 0) resolve(said);
      else reject(new Error(`${command} ${args.join(" ")}: ${code ?? "killed"}\n${said.output.toString()}\n${errors}`));
    });
  });
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
