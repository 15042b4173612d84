import type * as z from "zod";
import type { WrongProperty } from "./windowVariables.ts";

/** What a schema has against a value, by the paths of its properties. */
export function wrongIn({ issues }: z.ZodError): readonly WrongProperty[] {
  return issues.flatMap((issue): readonly WrongProperty[] => {
    const at = issue.path.map(String).join(".");
    if (issue.code !== "unrecognized_keys") return [{ field: at === "" ? "(body)" : at, message: issue.message }];
    return issue.keys.map((key) => ({ field: at === "" ? key : `${at}.${key}`, message: "unknown property" }));
  });
}
