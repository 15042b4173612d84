import type * as z from "zod";
import { journalQuery } from "../contract/journal.ts";
import { isKind } from "../core/error.ts";
import { csvHeader, csvLine, hasOutcome } from "../core/journal.ts";
import { journalLines, type JournalPlace } from "../state/journal.ts";
import type { App } from "./app.ts";
import { type Answer, badRequest, wrongFields } from "./problem.ts";

/** A page ends after so many bytes of answer, or so many read for it; the rest is behind its `next` link. */
const pageBytes = 4 * 1024 * 1024;
const mostRead = 64 * 1024 * 1024;

/**
 * A page of a run's journal, as JSON Lines or CSV, with a `link` header to the next one. A run that goes on may add lines
 * before a page that was given; an ended one doesn't.
 */
export async function journalPage(
  { ferry, blobs }: App,
  run: string,
  self: string,
  asked: Readonly<Record<string, string>>,
  isWanted: (line: string) => boolean = () => true,
): Promise<Answer> {
  const parsed = journalQuery.safeParse(asked);
  if (!parsed.success) return badRequest(parsed.error);
  const { outcome, format, after } = parsed.data;
  const isCsv = format === "csv";
  const page: string[] = isCsv && after === undefined ? [csvHeader] : [];
  let [given, read] = [0, 0];
  let place: JournalPlace | undefined;
  let isMore = false;
  try {
    for await (const line of journalLines(blobs, ferry.work(run).journal(), placeOf(run, after))) {
      if (given >= pageBytes || read >= mostRead) {
        isMore = true;
        break;
      }
      place = line;
      read += line.text.length;
      if ((outcome !== undefined && !hasOutcome(line.text, outcome)) || !isWanted(line.text)) continue;
      const text = isCsv ? csvLine(line.text) : `${line.text}\n`;
      given += text.length;
      page.push(text);
    }
  } catch (error) {
    // With a status it is what the state store says.
    if (!isKind(error, "invalid") || error.status !== undefined) throw error;
    return wrongFields([{ field: "after", message: error.detail }]);
  }
  return {
    status: 200,
    headers: {
      "content-type": isCsv ? "text/csv; charset=utf-8" : "application/x-ndjson; charset=utf-8",
      ...(isMore && place !== undefined ? { link: `<${nextLink(self, parsed.data, run, place)}>; rel="next"` } : {}),
    },
    body: page.join(""),
  };
}

function nextLink(
  self: string,
  asked: z.infer<typeof journalQuery>,
  run: string,
  { blob, offset }: JournalPlace,
): string {
  const params = new URLSearchParams();
  if (asked.outcome !== undefined) params.set("outcome", asked.outcome);
  params.set("format", asked.format);
  params.set("after", `${blob.slice(run.length + 1)}:${offset}`);
  return `${self}?${params.toString()}`;
}

function placeOf(run: string, after: string | undefined): JournalPlace | undefined {
  if (after === undefined) return undefined;
  const colon = after.lastIndexOf(":");
  return { blob: `${run}/${after.slice(0, colon)}`, offset: Number(after.slice(colon + 1)) };
}
