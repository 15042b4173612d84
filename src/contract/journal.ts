import * as z from "zod";
import { journalOutcomes } from "../core/journal.ts";
import { ofStore } from "./failure.ts";
import { amount, count } from "./fields.ts";
import { named } from "./operation.ts";

/** See JournalLine. */
export const journalLine = named(
  "JournalLine",
  "What became of one name. Files found unchanged share a line of type `files` per folder, folders one of type `folders`.",
  z.object({
    outcome: z.enum(journalOutcomes),
    type: z.enum(["file", "files", "folder", "folders", "range", "listing"]),
    path: z.string(),
    sinkPath: z.string().exactOptional(),
    because: z.string().exactOptional(),
    bytes: amount.exactOptional(),
    md5: z.string().exactOptional(),
    crc64: z.string().exactOptional(),
    readBack: z.literal(true).exactOptional(),
    isGone: z.literal(true).exactOptional(),
    modifiedTime: z.string().exactOptional(),
    access: z.enum(["created", "set", "predicted", "readBack", "mispredicted"]).exactOptional(),
    expiry: z.literal("set").exactOptional(),
    findings: z.string().exactOptional(),
    milliseconds: amount.exactOptional(),
    requests: count.exactOptional(),
    first: z.string().exactOptional(),
    last: z.string().exactOptional(),
    files: count.exactOptional(),
    folders: count.exactOptional(),
    digest: z.string().exactOptional(),
    foreign: z.boolean().exactOptional(),
    plan: z.enum(["copy", "access", "make", "delete"]).exactOptional(),
    sign: z.enum(["=", "-", "+", "*", "!"]).exactOptional(),
    etag: z.string().exactOptional(),
    op: z.string().exactOptional(),
    ...ofStore,
    detail: z.string().exactOptional(),
    later: z.literal(true).exactOptional(),
  }),
);

/** What a reader of a journal may choose. */
export const journalQuery = z.strictObject({
  outcome: z.enum(journalOutcomes, `expected one of ${journalOutcomes.join(", ")}`).optional(),
  format: z.enum(["jsonl", "csv"], "expected jsonl or csv").default("jsonl"),
  after: z
    .string()
    .regex(/^[0-9A-Za-z._-]{1,200}:\d{1,15}$/u, "expected what the link to the next page holds")
    .optional(),
});

/** The answer of a route that gives a journal's lines. */
export const linesAnswer = {
  200: {
    description: "A page of about 4 MiB.",
    headers: { link: 'The next page, as rel="next"; absent on the last one' },
    content: { "application/x-ndjson": journalLine, "text/csv": z.string() },
  },
} as const;
