import { lstatSync, realpathSync } from "node:fs";
import { nameOf, parentOf } from "./names.ts";

/** Where a lake path is on disk; `refused` says why a link on the way isn't followed. */
export type Place =
  | { readonly kind: "there"; readonly real: string }
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly why: string };

/** Finds lake paths under a real folder and never answers with a place outside it. */
export type Places = {
  find(path: string): Place;
  /** The path of the directory entry itself, a link not followed; its folder is found as above. */
  entry(path: string): Place;
};

/** Places under `root`, which must be the real path of a folder. */
export function placesUnder(root: string): Places {
  const inside = (real: string) => real === root || root === "/" || real.startsWith(`${root}/`);

  const find = (path: string): Place => {
    const lexical = path === "/" ? root : root + path;
    const real = realPath(lexical);
    if (real === undefined) return { kind: "absent" };
    // Equal means that no link is on the way; this is the hot path, one call for any depth.
    return real === lexical ? { kind: "there", real } : walk(path);
  };

  // As `find -L` does: a link is followed unless it leads out of the root, or back to a folder we came through.
  const walk = (path: string): Place => {
    const passed = [root];
    for (const name of path.split("/").slice(1)) {
      const real = realPath(`${passed.at(-1)}/${name}`);
      if (real === undefined) return { kind: "absent" };
      if (!inside(real)) return { kind: "refused", why: "it is a link to a place outside the folder that is served" };
      if (passed.includes(real)) return { kind: "refused", why: "it is a link to a folder that it lies in" };
      passed.push(real);
    }
    return { kind: "there", real: passed.at(-1) ?? root };
  };

  return {
    find,
    entry(path) {
      const parent = find(parentOf(path));
      if (parent.kind !== "there") return parent;
      const real = `${parent.real}/${nameOf(path)}`;
      return lstatSync(real, { throwIfNoEntry: false }) === undefined ? { kind: "absent" } : { kind: "there", real };
    },
  };
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "ENAMETOOLONG";
}
