import type { Entry, SinkItem } from "./entry.ts";

/** What to do with one file; counted, reported and obeyed, the only link between comparing and doing. */
export type Decision =
  | { readonly do: "copy"; readonly because: "absent" | "foreign" | "length" | "time" }
  | { readonly do: "skip"; readonly because: "same" }
  | { readonly do: "refuse"; readonly because: "folder" };

/**
 * What to do with one source file, given what stands at its sink path.
 *
 *   sink                                        decision
 *   nothing                                     copy (absent)
 *   a folder                                    refuse (folder)
 *   a file lakeferry didn't write               copy (foreign)
 *   a file of ours, other source length         copy (length)
 *   a file of ours, same length, other time     copy (time)
 *   a file of ours, same length, same time      skip (same)
 *
 * A sink time newer than the source's is no reason to skip: the source is the truth.
 */
export function decide(source: Pick<Entry, "bytes" | "modifiedMs">, sink: SinkItem | undefined): Decision {
  if (sink === undefined) return { do: "copy", because: "absent" };
  if (sink.kind === "folder") return { do: "refuse", because: "folder" };
  if (sink.origin === undefined) return { do: "copy", because: "foreign" };
  if (sink.bytes !== source.bytes || sink.origin.bytes !== source.bytes) return { do: "copy", because: "length" };
  if (sink.origin.modifiedMs !== source.modifiedMs) return { do: "copy", because: "time" };
  return { do: "skip", because: "same" };
}
