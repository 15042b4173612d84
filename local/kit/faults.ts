import * as z from "zod";

/** What a fault does to the request it hits. */
export type Effect =
  | StatusEffect
  | { readonly reset: "before" | "mid" | "after" }
  | { readonly delayMs: number }
  | { readonly short: number }
  | { readonly flip: number }
  | { readonly drip: number };

/** Answers with this status and does nothing else. */
export type StatusEffect = {
  readonly status: number;
  readonly code?: string | undefined;
  readonly retryAfterS?: number | undefined;
  readonly body?: "json" | "xml" | "html" | "none" | undefined;
  readonly message?: string | undefined;
};

/**
 * One rule of a fault plan.
 *   match   every field given must fit; op ignores case, path is a glob over the decoded path (`*` in a segment, `**` across)
 *   skip    the first n fitting requests pass
 *   every   of the rest, only each n-th is hit
 *   times   at most n hits; absent: endless
 *   effect  status  reply with it instead of doing the request
 *           reset   drop the connection: before doing it, in the middle of the body, or after doing it
 *           delayMs wait first
 *           short   end the response body cleanly after n bytes
 *           flip    flip a bit of byte n (0 = first) of the request body, or of the response body when the request has none
 *           drip    move bodies at n bytes a second
 */
export type Fault = {
  readonly match?:
    | { readonly op?: string | undefined; readonly method?: string | undefined; readonly path?: string | undefined }
    | undefined;
  readonly skip?: number | undefined;
  readonly every?: number | undefined;
  readonly times?: number | undefined;
  readonly effect: Effect;
};

/** What a fault is matched against. */
export type FaultTarget = { readonly op: string; readonly method: string; readonly path: string };

/** Faults with their counts. */
export type FaultPlan = {
  /** Counts this request against every rule and returns the effects that hit it, in the order of the rules. */
  take(target: FaultTarget): readonly Effect[];
  /** The rules that have hit nothing so far. */
  unused(): readonly Fault[];
};

/** Reads a fault plan from JSON; throws an Error that names the field that is wrong. */
export function parseFaults(json: unknown): readonly Fault[] {
  const parsed = faultList.safeParse(json);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `faults${fieldName(issue.path)}: ${issue.message}`);
  throw new Error(lines.join("; "));
}

/** Starts counting: the plan remembers how often each rule has matched and hit. */
export function faultPlan(faults: readonly Fault[]): FaultPlan {
  const rules = faults.map((fault) => ({ fault, fits: matcher(fault), seen: 0, hits: 0 }));
  return {
    take(target) {
      if (rules.length === 0) return noEffects;
      const effects: Effect[] = [];
      for (const rule of rules) {
        if (!rule.fits(target)) continue;
        rule.seen++;
        if (!isTurn(rule.fault, rule.seen, rule.hits)) continue;
        rule.hits++;
        effects.push(rule.fault.effect);
      }
      return effects;
    },
    unused: () => rules.filter((rule) => rule.hits === 0).map((rule) => rule.fault),
  };
}

const noEffects: readonly Effect[] = [];

const count = z.int().nonnegative();
const atLeastOne = z.int().positive();
const effectShapes = {
  status: z.strictObject({
    status: z.int().min(100).max(599),
    code: z.string().optional(),
    retryAfterS: count.optional(),
    body: z.enum(["json", "xml", "html", "none"]).optional(),
    message: z.string().optional(),
  }),
  reset: z.strictObject({ reset: z.enum(["before", "mid", "after"]) }),
  delayMs: z.strictObject({ delayMs: count }),
  short: z.strictObject({ short: count }),
  flip: z.strictObject({ flip: count }),
  drip: z.strictObject({ drip: atLeastOne }),
} as const;

// A plain union would answer "invalid input" for the whole effect; its own key says which shape was meant.
const effect = z.record(z.string(), z.unknown()).transform((value, context): Effect => {
  const shape = Object.entries(effectShapes).find(([key]) => Object.hasOwn(value, key))?.[1];
  if (shape === undefined) {
    context.addIssue(`names no effect, expected one of ${Object.keys(effectShapes).join(", ")}`);
    return z.NEVER;
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    context.issues.push({ code: "custom", message: issue.message, path: [...issue.path], input: value });
  }
  return z.NEVER;
});

const faultList = z.array(
  z.strictObject({
    match: z
      .strictObject({ op: z.string().optional(), method: z.string().optional(), path: z.string().optional() })
      .optional(),
    skip: count.optional(),
    every: atLeastOne.optional(),
    times: atLeastOne.optional(),
    effect,
  }),
);

function fieldName(path: readonly PropertyKey[]): string {
  return path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
}

function matcher({ match }: Fault): (target: FaultTarget) => boolean {
  const op = match?.op?.toLowerCase();
  const method = match?.method?.toUpperCase();
  const path = match?.path === undefined ? undefined : globPattern(match.path);
  return (target) =>
    (op === undefined || op === target.op.toLowerCase()) &&
    (method === undefined || method === target.method.toUpperCase()) &&
    (path === undefined || path.test(target.path));
}

function isTurn({ skip = 0, every = 1, times = Infinity }: Fault, seen: number, hits: number): boolean {
  return seen > skip && (seen - skip) % every === 0 && hits < times;
}

function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\*\*|\*|[\\^$.+?()[\]{}|]/g, (part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : `\\${part}`;
  });
  return new RegExp(`^${source}$`, "s");
}
