import { decide, type Decision } from "./decide.ts";
import type { Entry, SinkItem } from "./entry.ts";

/** When a file that stands at the sink is written again. */
export const overwrites = ["ifDifferent", "ifNewer", "always", "never"] as const;

/** One of overwrites. */
export type Overwrite = (typeof overwrites)[number];

/** decide's word, or what the user said instead of it. */
export type RuledDecision =
  | Decision
  | { readonly do: "copy"; readonly because: "asked" | "newer" }
  | { readonly do: "skip"; readonly because: "exists" | "notNewer" };

/**
 * What to do with one source file under a rule, given what stands at its sink path.
 *
 *   sink                                    ifDifferent     ifNewer                    always         never
 *   nothing                                 copy (absent)   copy (absent)              copy (absent)  copy (absent)
 *   a folder                                refuse          refuse                     refuse         refuse
 *   a file this run wrote                   as decide says  as decide says             as decide says as decide says
 *   any other file                          as decide says  copy (newer) if the        copy (asked)   skip (exists)
 *                                                           source's time is later
 *                                                           than the file's, else
 *                                                           skip (notNewer)
 *
 * A file of ours has the time of the source version it was made of; any other the sink's own time. A file this run wrote
 * is one whose worker was lost before it could count it, or of which the source has a newer version by now.
 */
export function decideBy(
  rule: Overwrite,
  run: string,
  source: Pick<Entry, "bytes" | "modifiedMs">,
  sink: SinkItem | undefined,
): RuledDecision {
  const decision = decide(source, sink);
  if (rule === "ifDifferent" || sink === undefined || decision.do === "refuse") return decision;
  if (sink.origin?.run === run) return decision;
  switch (rule) {
    case "always":
      return { do: "copy", because: "asked" };
    case "never":
      return { do: "skip", because: "exists" };
    case "ifNewer": {
      const sinkMs = sink.origin?.modifiedMs ?? sink.modifiedMs;
      const isNewer = sinkMs === undefined || source.modifiedMs > sinkMs;
      return isNewer ? { do: "copy", because: "newer" } : { do: "skip", because: "notNewer" };
    }
  }
}
