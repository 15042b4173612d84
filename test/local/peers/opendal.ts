import type { Operator } from "opendal";

/** OpenDAL's class for any service, or why it can't be loaded: there is not a binary for every machine. */
export type Opendal =
  | { readonly Operator: typeof Operator; readonly skip: false }
  | { readonly Operator: undefined; readonly skip: string };

/** Loads OpenDAL where it can be. */
export async function opendal(): Promise<Opendal> {
  try {
    const loaded = await import("opendal");
    return { Operator: loaded.Operator, skip: false };
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return { Operator: undefined, skip: `OpenDAL has no binary that loads here: ${why}` };
  }
}

/** The paths under a folder, folders with a slash at the end; the folder itself, which OpenDAL lists too, is left out. */
export async function listed(lake: Operator, folder: string, limit?: number): Promise<readonly string[]> {
  const entries = await lake.list(folder, { recursive: true, ...(limit === undefined ? {} : { limit }) });
  return entries
    .map((entry) => entry.path())
    .filter((path) => path !== (folder === "" ? "/" : folder))
    .sort();
}
