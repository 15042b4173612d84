import * as z from "zod";
import { migrationRequest } from "../core/request.ts";
import { named, type Operation } from "./operation.ts";

const check = named(
  "Check",
  "What one look of a preflight found, and what to do about it.",
  z.object({
    name: z.string(),
    status: z.enum(["ok", "warning", "failed", "skipped"]),
    detail: z.string(),
    fix: z.string().exactOptional(),
  }),
);

/** What a preflight has found. */
export const checklist = named(
  "Checklist",
  "The looks of a preflight; `status` is the worst of them.",
  z.object({ status: z.enum(["ok", "warning", "failed"]), checks: z.array(check) }),
);

/** The route that tries a request before anything is moved. */
export const preflightOperations = {
  preflight: {
    method: "post",
    path: "/preflight",
    summary: "Tries whether a migration could run: rights, names, clocks, holds, network; removes what it made.",
    access: "function",
    body: migrationRequest,
    answers: {
      200: {
        description: "The checklist, whatever it says.",
        content: {
          "application/json": checklist,
        },
      },
    },
    problems: ["request-invalid", "body-too-large", "not-json"],
  },
} as const satisfies Readonly<Record<string, Operation>>;
