import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What the sink has seen since it was last asked to forget. */
export type Seen = {
  readonly requests: Readonly<Record<string, number>>;
  readonly refused: number;
  /** Bodies of which one byte came as another. */
  readonly flipped: number;
  /** Files, or pieces of them, whose content came although it was there already. */
  readonly sentAgain: number;
  /** From the first request to the last. */
  readonly seconds: number;
  readonly files: number;
  readonly cpuSeconds: number;
};

/** A sink that runs. */
export type MinimalSink = {
  /** The account's address. */
  readonly url: string;
  readonly pid: number;
  readonly look: () => Promise<Seen>;
  /** Its files as one JSON line each: path, bytes, CRC-32. */
  readonly files: (fileSystem: string) => Promise<string>;
  /** Forgets what it has counted, and with `all` what it holds. */
  readonly forget: (all: boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** What may stand in the way of a sink; see bench/sink. */
export type Hindered = { readonly cap?: number; readonly delayMs?: number; readonly flip?: number };

/** Starts bench/sink in a process of its own. */
export async function startSink({ cap, delayMs = 0, flip }: Hindered): Promise<MinimalSink> {
  const options = Object.entries({ cap, delay: delayMs, flip }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  const program = join(import.meta.dirname, "sink", "main.ts");
  const child: ChildProcess = spawn(process.execPath, [program, ...options], { stdio: ["pipe", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("the sink has no output");
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { port } = JSON.parse(line) as { readonly port: number };
  const control = async (method: string): Promise<Seen> =>
    (await (await fetch(`http://127.0.0.1:${port}/_control`, { method })).json()) as Seen;
  return {
    url: `http://127.0.0.1:${port}/devstoreaccount1`,
    pid: child.pid ?? 0,
    look: () => control("GET"),
    files: async (fileSystem) => (await fetch(`http://127.0.0.1:${port}/_control/${fileSystem}`)).text(),
    forget: async (all) => void (await control(all ? "DELETE" : "POST")),
    stop: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}
