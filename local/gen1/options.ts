import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  faultsFrom,
  latencyFrom,
  securityFrom,
  securityUsage,
  UsageError,
  usage,
  wholeNumber,
} from "../kit/command.ts";
import type { Gen1Options } from "./gen1.ts";

/** The options of the command line, for `--help`. */
export const gen1Usage = `  --root DIR            the folder to serve
  --store files|memory  default: files; memory starts empty and takes no --root
  --port N              default: any free port
  --meta FILE           where owners, ACLs and expiry are kept; default: .NAME.gen1.jsonl beside the folder
  --faults FILE         a JSON list of faults
  --latency azure       each request takes 5 to 20 ms more
  --order utf16|utf8    order of names in listings; default: utf16
  --token TEXT          the bearer token to ask for; default: anything passes
  --caller ID           check the rights of this object id; default: a super-user, unchecked
  --group ID            a group of the caller; may be repeated
  --page-cap N          the most entries in a page, whatever the client asks for
${securityUsage}`;

/** Reads the command line; throws UsageError. */
export function gen1Options(args: readonly string[]): Gen1Options {
  const values = usage(() => valuesOf(args));
  const store = storeOf(values.store, values.root);
  if (values.order !== "utf16" && values.order !== "utf8") throw new UsageError("--order is utf16 or utf8");
  return {
    store,
    meta: values.meta ?? (store.kind === "files" ? metaBeside(store.root) : undefined),
    order: values.order,
    port: wholeNumber("--port", values.port),
    faults: faultsFrom(values.faults),
    latency: latencyFrom(values.latency)?.stores,
    token: values.token,
    caller: values.caller === undefined ? undefined : { id: values.caller, groups: values.group ?? [] },
    ...securityFrom(values),
    pageCap: wholeNumber("--page-cap", values["page-cap"]),
  };
}

/** Where a folder's metadata is kept when nobody says: beside it, since the folder may be a person's own. */
export function metaBeside(root: string): string {
  const folder = resolve(root);
  return join(dirname(folder), `.${basename(folder)}.gen1.jsonl`);
}

function valuesOf(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      root: { type: "string" },
      store: { type: "string", default: "files" },
      port: { type: "string" },
      meta: { type: "string" },
      faults: { type: "string" },
      latency: { type: "string" },
      order: { type: "string", default: "utf16" },
      token: { type: "string" },
      caller: { type: "string" },
      group: { type: "string", multiple: true },
      "page-cap": { type: "string" },
      tls: { type: "string" },
      audience: { type: "string" },
    },
  }).values;
}

function storeOf(kind: string, root: string | undefined): Gen1Options["store"] {
  if (kind === "memory" && root === undefined) return { kind };
  if (kind === "files" && root !== undefined) return { kind, root };
  if (kind === "memory") throw new UsageError("--store memory takes no --root");
  if (kind === "files") throw new UsageError("--root is missing: the folder to serve");
  throw new UsageError("--store is files or memory");
}
