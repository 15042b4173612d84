import * as z from "zod";
import { named, type Operation } from "./operation.ts";

/** How the app is: `degraded` when its state can't be used, `stopped` when a setting is wrong. */
export const healthWord = z.enum(["ok", "degraded", "stopped"]);

/** How the app is, for whoever has a key. */
export const healthDetails = named(
  "Health",
  "How the app is, with what it runs on and what it knows; no secret is in it.",
  z.object({
    status: healthWord,
    version: z.string(),
    node: z.string(),
    /** The setting that stops the app. */
    wrongSetting: z.object({ name: z.string(), detail: z.string() }).exactOptional(),
    state: z
      .object({ isReachable: z.boolean(), milliseconds: z.number(), detail: z.string().exactOptional() })
      .exactOptional(),
    connections: z
      .array(z.object({ name: z.string(), kind: z.string(), endpoint: z.string(), credential: z.string() }))
      .exactOptional(),
    cloud: z.string().exactOptional(),
    easyAuth: z.enum(["on", "off"]).exactOptional(),
  }),
);

/** The routes about the app itself. */
export const healthOperations = {
  getHealth: {
    method: "get",
    path: "/health",
    summary: "How the app is, in one word.",
    access: "anonymous",
    answers: { 200: { description: "`ok`.", content: { "text/plain": z.literal("ok") } } },
    problems: [],
  },
  getHealthDetails: {
    method: "get",
    path: "/health/details",
    summary: "How the app is, and why.",
    access: "function",
    answers: { 200: { description: "Also when it isn't well.", content: { "application/json": healthDetails } } },
    problems: [],
  },
} as const satisfies Readonly<Record<string, Operation>>;
