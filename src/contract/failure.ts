import * as z from "zod";
import type { Failure } from "../core/error.ts";
import { count } from "./fields.ts";
import { type Describing, named } from "./operation.ts";

/** What a failure may tell beside its kind. */
export const ofStore = {
  status: z.int().exactOptional(),
  code: z.string().exactOptional(),
  requestId: z.string().exactOptional(),
  at: z.enum(["source", "sink", "name"]).exactOptional(),
  tries: count.exactOptional(),
  time: z.string().exactOptional(),
};

/** Why something failed. */
export const failure = named(
  "Failure",
  "Why a name, or a whole migration, failed; `status`, `code` and `requestId` are the store's own.",
  z.object({
    kind: z.enum([
      "not-found",
      "denied",
      "unauthenticated",
      "throttled",
      "unavailable",
      "conflict",
      "changed",
      "corrupt",
      "invalid",
      "unprocessable",
      "unexpected",
    ]),
    op: z.string(),
    path: z.string(),
    detail: z.string(),
    ...ofStore,
  }) satisfies Describing<Failure>,
);
