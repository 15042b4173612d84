import { homedir } from "node:os";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { type Canvas, isUtf8In } from "./progress.ts";
import { UsageError } from "./outcome.ts";

/** What a command has to do with the world: everything that a test replaces. */
export type World = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly fetch: typeof fetch;
  /** Results; resolves when there is room for more. */
  readonly out: (text: string) => Promise<void>;
  /** What a person should know beside the result. */
  readonly note: (line: string) => void;
  /** Where progress is drawn. */
  readonly canvas: Canvas;
  /** All of standard input. */
  readonly input: () => Promise<string>;
  /** A secret that a person types, unseen. */
  readonly ask: (question: string) => Promise<string>;
  /** Resolves after so long, or at once when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Calls `left` at each Ctrl-C, until undone. */
  readonly onInterrupt: (left: () => void) => () => void;
};

/** The world of this process. */
export function processWorld(): World {
  const { env, stdout, stderr, stdin } = process;
  return {
    env,
    home: homedir(),
    fetch,
    out: (text) => written(stdout, text),
    note: (line) => void stderr.write(`lakeferry: ${line}\n`),
    canvas: { stream: stderr, isTerminal: stderr.isTTY, isUtf8: isUtf8In(env), nowMs: () => Date.now() },
    input: () => text(stdin),
    ask: (question) => askUnseen(question),
    pause: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
      }),
    onInterrupt: (left) => {
      process.on("SIGINT", left).on("SIGTERM", left);
      return () => void process.off("SIGINT", left).off("SIGTERM", left);
    },
  };
}

// The callback comes when the text is on its way: a slow reader slows the writer.
function written(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

async function askUnseen(question: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new UsageError("no terminal to ask for the key; give it on standard input with --key-stdin");
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal shows nothing of what is typed: only then is the question asked.
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  const leaving = new AbortController();
  lines.once("SIGINT", () => leaving.abort());
  process.stderr.write(question);
  try {
    return await lines.question("", { signal: leaving.signal });
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    throw new UsageError("no key was given; nothing is kept");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
