import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../src/cli/program.ts";
import type { World } from "../../src/cli/world.ts";
import { memoryUrl } from "../kit/memoryApi.ts";

/** How a command ended, and what it said. */
export type Said = { readonly code: number; readonly out: string; readonly err: string };

/** What a test decides of the world. */
export type Around = {
  readonly env?: Readonly<Record<string, string>>;
  readonly home?: string;
  readonly input?: string;
  readonly fetch?: typeof fetch;
  /** What happens while the command pauses; `left` is Ctrl-C. */
  readonly meanwhile?: (left: () => void) => Promise<unknown> | void;
};

/** Runs the command in a world without processes, time or terminals. */
export async function said(line: string | readonly string[], around: Around = {}): Promise<Said> {
  let [out, err] = ["", ""];
  let nowMs = 0;
  let left = () => undefined as void;
  const world: World = {
    env: { LAKEFERRY_URL: memoryUrl, ...around.env },
    home: around.home ?? "/nowhere",
    fetch: around.fetch ?? (() => Promise.reject(new TypeError("fetch failed", { cause: new Error("refused") }))),
    out: async (text) => void (out += text),
    note: (text) => void (err += `lakeferry: ${text}\n`),
    canvas: {
      stream: { write: (text: string) => void (err += text) } as unknown as NodeJS.WritableStream,
      isTerminal: false,
      isUtf8: false,
      nowMs: () => nowMs,
    },
    input: async () => around.input ?? "",
    ask: async () => around.input ?? "",
    pause: async (ms) => {
      nowMs += ms;
      await around.meanwhile?.(left);
    },
    onInterrupt: (leave) => {
      left = leave;
      return () => undefined;
    },
  };
  const code = await runCommand(typeof line === "string" ? line.split(" ") : line, world);
  return { code, out, err };
}

/** A home folder that is gone after the test. */
export function tempHome(t: { readonly after: (undo: () => void) => void }): string {
  const home = mkdtempSync(join(tmpdir(), "lakeferry-cli-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}
