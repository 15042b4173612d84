import { pathMapQuery } from "../contract/cutovers.ts";
import { type Cutover, runOfStep } from "../core/cutover.ts";
import { csvRow, hasOutcome } from "../core/journal.ts";
import { type LakePath, pathFrom } from "../core/path.ts";
import { abfssUrl, adlUrl } from "../core/pathMap.ts";
import { wayOf } from "../core/way.ts";
import { journalLines } from "../state/journal.ts";
import type { App } from "./app.ts";
import { connectionFor } from "./lakes.ts";
import { type Answer, badRequest } from "./problem.ts";

/** A page ends after so many bytes of answer, or so many read for it; the rest is behind its `next` link. */
const pageBytes = 4 * 1024 * 1024;
const mostRead = 64 * 1024 * 1024;

/**
 * Old paths and new ones as CSV: first the folder that was migrated, under which all names are as they were unless they were
 * renamed; then, if
 * asked for, each file that the migration or the last pass has written, page by page from their journals.
 */
export async function pathMapPage(
  { ferry, blobs, connections }: App,
  cutover: Cutover,
  self: string,
  asked: Readonly<Record<string, string>>,
): Promise<Answer> {
  const parsed = pathMapQuery.safeParse(asked);
  if (!parsed.success) return badRequest(parsed.error);
  const { files, after } = parsed.data;
  const { source, sink } = cutover.request;
  const { moved } = wayOf(cutover.request);
  const old = adlUrl(connectionFor(connections, source.connection, "adls-gen1").endpoint);
  const now = abfssUrl(connectionFor(connections, sink.connection, "adls-gen2").endpoint, sink.fileSystem);
  const row = (path: LakePath) => csvRow([old(path), now(moved(path))]);
  const page = after === undefined ? ["from,to\r\n", row(pathFrom(source.folderPath))] : [];
  const next = files === "copied" ? await addFiles() : undefined;

  // Resolves to the place behind the page, while there is more.
  async function addFiles(): Promise<string | undefined> {
    const runs = [cutover.migration, runOfStep(cutover, "delta")];
    const [, at = "0", blob = "", offset = "0"] = /^(\d):(.*):(\d+)$/u.exec(after ?? "") ?? [];
    let [given, read] = [0, 0];
    for (let index = Number(at); index < runs.length; index++) {
      const run = runs[index] ?? "";
      const place = blob === "" || index > Number(at) ? undefined : { blob: `${run}/${blob}`, offset: Number(offset) };
      for await (const line of journalLines(blobs, ferry.work(run).journal(), place)) {
        read += line.text.length;
        if (hasOutcome(line.text, "copied")) {
          const text = row((JSON.parse(line.text) as { readonly path: LakePath }).path);
          given += text.length;
          page.push(text);
        }
        if (given >= pageBytes || read >= mostRead) return `${index}:${line.blob.slice(run.length + 1)}:${line.offset}`;
      }
    }
    return undefined;
  }

  const link =
    next === undefined ? {} : { link: `<${self}?files=copied&after=${encodeURIComponent(next)}>; rel="next"` };
  return { status: 200, headers: { "content-type": "text/csv; charset=utf-8", ...link }, body: page.join("") };
}
