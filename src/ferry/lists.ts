import { isKind } from "../core/error.ts";
import { inlineList, type NameList } from "../core/nameList.ts";
import { pathFrom } from "../core/path.ts";
import type { MigrationRequest } from "../core/request.ts";
import type { Run } from "../core/run.ts";
import type { Sink, Source } from "../lake/lake.ts";
import type { Ferry } from "./ferry.ts";
import { fileList } from "./fileList.ts";

/** A table of names, as a request says it. */
export type ListTable = NonNullable<MigrationRequest["source"]["fileListTable"]>;

/** The list that a run goes by, from wherever it is; undefined when it has none. */
export function listOf(
  { request: { source: asked, sink: into }, retryOf }: Pick<Run, "request" | "retryOf">,
  { source, sink }: { readonly source: Source; readonly sink: Sink },
  { listTable: openTable, work, journalOf }: Pick<Ferry, "listTable" | "work" | "journalOf">,
): NameList | undefined {
  if (retryOf !== undefined) return work(retryOf).failed(journalOf(retryOf));
  const { fileList: names, fileListPath, fileListStore, fileListTable } = asked;
  if (names !== undefined) return inlineList(names);
  if (fileListTable !== undefined) return openTable(fileListTable);
  if (fileListPath === undefined) return undefined;
  const path = pathFrom(fileListPath);
  if (fileListStore === "sink") {
    return fileList({
      path,
      where: `file system ${into.fileSystem} of ${into.connection}`,
      read: sink.read,
      look: async (signal) => {
        const there = await sink.stat(path, signal);
        return there === undefined ? undefined : { ...there, version: there.etag };
      },
    });
  }
  return fileList({
    path,
    where: asked.connection,
    read: source.read,
    look: async (signal) => {
      try {
        const { kind, bytes, modifiedMs } = await source.stat(path, signal);
        return { kind, bytes, version: `${bytes} ${modifiedMs}` };
      } catch (error) {
        if (isKind(error, "not-found")) return undefined;
        throw error;
      }
    },
  });
}
