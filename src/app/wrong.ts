import type * as z from "zod";
import { LakeError } from "../core/error.ts";

/** The error of one app setting: its name, and what it should be. */
export function wrongSetting(setting: string, detail: string): LakeError {
  return new LakeError("invalid", { op: "settings", path: setting, detail });
}

/** The settings that begin with `prefix` and aren't empty, by the rest of their names. */
export function settingsUnder(
  prefix: string,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const own: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) {
    if (key.startsWith(prefix) && value !== undefined && value !== "") own[key.slice(prefix.length)] = value;
  }
  return own;
}

/** The first thing a schema has against settings, as the error of that setting. */
export function firstWrong(prefix: string, { issues: [issue] }: z.ZodError): LakeError {
  if (issue?.code === "unrecognized_keys") return wrongSetting(`${prefix}${issue.keys[0]}`, "there is no such setting");
  return wrongSetting(`${prefix}${String(issue?.path[0] ?? "")}`, issue?.message ?? "wrong");
}
