import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";

/** The host's levels, least to most urgent. */
export type Level = "trace" | "debug" | "information" | "warning" | "error" | "critical";

/** What an event is about. */
type Fields = Readonly<Record<string, unknown>>;

/** Takes one event: a name in the present tense and its fields. */
export type Log = (level: Level, event: string, fields?: Fields) => void;

/** Drops every event. */
export const silent: Log = () => {};

/** Writes one JSON object a line. */
export function logTo(out: Writable): Log {
  return (level, event, fields) => {
    out.write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
  };
}

/** Appends to a file. */
export function logToFile(file: string): Log {
  return logTo(createWriteStream(file, { flags: "a" }));
}

/** The text of anything thrown; apps throw strings and plain objects too. */
export function textOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === "string") return error;
  return JSON.stringify(error) ?? String(error);
}

/** The stack of anything thrown, or its text. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : textOf(error);
}
