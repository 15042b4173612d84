import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What the sink has seen since it was last asked to forget. */
export type Seen = {
  readonly requests: Readonly<Record<string, number>>;
  readonly refused: number;
  /** From the first request to the last. */
  readonly seconds: number;
  readonly files: number;
  readonly cpuSeconds: number;
};

/** A sink that runs. */
export type MinimalSink = {
  /** The account's address. */
  readonly url: string;
  readonly look: () => Promise<Seen>;
  /** Forgets what it has counted, and with `all` what it holds. */
  readonly forget: (all: boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Starts bench/sink in a process of its own. */
export async function startSink(options: { readonly cap?: number; readonly delayMs?: number }): Promise<MinimalSink> {
  const { cap, delayMs = 0 } = options;
  const capped = cap === undefined ? [] : ["--cap", String(cap)];
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, "sink", "main.ts"), "--delay", String(delayMs), ...capped],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  if (child.stdout === null) throw new Error("the sink has no output");
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { port } = JSON.parse(line) as { readonly port: number };
  const control = async (method: string): Promise<Seen> =>
    (await (await fetch(`http://127.0.0.1:${port}/_control`, { method })).json()) as Seen;
  return {
    url: `http://127.0.0.1:${port}/devstoreaccount1`,
    look: () => control("GET"),
    forget: async (all) => void (await control(all ? "DELETE" : "POST")),
    stop: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}
