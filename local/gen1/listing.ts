import { setImmediate as turn } from "node:timers/promises";
import { type Lake, type Seen, withAccess } from "./lake.ts";
import { childOf } from "./names.ts";
import { indexAfter, indexFrom } from "./order.ts";

/** Which names of a folder are wanted: an open interval, and at most so many. */
export type Wanted = {
  readonly after: string | undefined;
  readonly before: string | undefined;
  readonly size: number;
};

/** One name of a folder. */
export type Listed = Seen & { readonly name: string };

/** A page of an existing folder; work is for the page's names only, besides a search in the sorted names. */
export async function listPage(
  lake: Lake,
  folder: string,
  { after, before, size }: Wanted,
): Promise<readonly Listed[]> {
  const children = await lake.store.children(folder);
  const { names } = children;
  const start = after === undefined ? 0 : indexAfter(names, after, lake.compare);
  const end = before === undefined ? names.length : indexFrom(names, before, lake.compare);
  const page: Listed[] = [];
  for (let index = start; index < end && page.length < size; index++) {
    // Looking at some thousand names in one go would hold up every other request.
    if ((index - start) % 256 === 255) await turn();
    const name = names[index] ?? "";
    const seen = withAccess(lake, childOf(folder, name), children.node(name));
    if (seen !== undefined) page.push({ ...seen, name });
  }
  return page;
}

/** Everything under a folder, itself first, folders before what is in them. */
export async function* walk(lake: Lake, path: string, seen: Seen): AsyncIterable<Seen & { readonly path: string }> {
  yield { ...seen, path };
  if (seen.node.kind === "file") return;
  const everything = { after: undefined, before: undefined, size: Infinity };
  for (const child of await listPage(lake, path, everything)) yield* walk(lake, childOf(path, child.name), child);
}
