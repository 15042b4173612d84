import picomatch from "picomatch";
import { justBefore } from "./bounds.ts";
import type { Interval } from "./range.ts";

/** Which paths of a tree are chosen by include and exclude globs; paths are relative, without a slash in front. */
export type Globs = {
  /** What the globs say of a folder: it is chosen with all that isn't excluded, something in it may be, nothing is. */
  readonly folder: (path: string) => "whole" | "some" | "none";
  /** Whether a file is chosen, given what was said of its folder. */
  readonly file: (path: string, inFolder: "whole" | "some") => boolean;
  /** An interval that holds all names of a folder of which something may be chosen. */
  readonly names: (folder: string) => Interval;
};

// Names that begin with a full stop are names like others. Alternatives are {a,b}: those in parentheses can take for ever.
const options = { dot: true, nonegate: true, noextglob: true, windows: false } as const;

/** As many in one name take a moment for the worst of names; each more takes a hundred times as long. */
const maxStars = 3;

/** Reads globs. A glob that matches a folder stands for all that is in it. No include is an include of everything. */
export function openGlobs(include: readonly string[], exclude: readonly string[]): Globs {
  const isIncluded = include.map((glob) => picomatch(glob, options));
  const isExcluded = exclude.map((glob) => picomatch(glob, options));
  const ways = include.map(wayTo);
  const hits = (matchers: typeof isIncluded, path: string) => matchers.some((matches) => matches(path));

  // A folder that is included itself, or stands in one that is.
  function isUnder(path: string): boolean {
    if (include.length === 0) return true;
    return ancestors(path).some((folder) => hits(isIncluded, folder));
  }

  return {
    folder: (path) => {
      if (path !== "" && hits(isExcluded, path)) return "none";
      if (isUnder(path)) return "whole";
      return ways.some((way) => mayLeadTo(way, path)) ? "some" : "none";
    },
    file: (path, inFolder) => !hits(isExcluded, path) && (inFolder === "whole" || hits(isIncluded, path)),
    names: (folder) => (isUnder(folder) ? {} : hull(ways.map((way) => nameIn(way, folder)))),
  };
}

/** Why a text is no glob of ours, or undefined when it is one. */
export function whyNoGlob(glob: string): string | undefined {
  if (glob.startsWith("/")) return 'expected a path relative to folderPath, without "/" in front';
  if (glob.endsWith("/"))
    return 'expected no "/" at the end; a glob that matches a folder stands for all that is in it';
  const odd = glob.split("/").find((name) => name === "" || name === "." || name === "..");
  if (odd !== undefined) return `holds ${odd === "" ? "an empty name" : `"${odd}"`}, so it can't match anything`;
  if (/[()|]/u.test(glob.replaceAll(/\\./gu, "")))
    return 'holds "(", ")" or "|"; write \\( \\) \\| for those of a name, and {a,b} for alternatives';
  const stars = glob.split("/").find((name) => name.replaceAll(/\*+/gu, "*").split("*").length - 1 > maxStars);
  if (stars !== undefined) return `holds more than ${maxStars} "*" in the name "${stars}"`;
  if (glob.split("**").length - 1 > maxStars) return `holds more than ${maxStars} "**"`;
  try {
    picomatch(glob, options);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Way = {
  /** The names on the way, each as a matcher, or as a text that is exactly the name. */
  readonly names: readonly (string | ((name: string) => boolean))[];
  /** Any names may follow. */
  readonly isOpen: boolean;
};

// Which folders can lead to what a glob matches. With "**", or a slash in brackets or braces, it is anything from there on.
function wayTo(glob: string): Way {
  const names: Way["names"][number][] = [];
  for (const segment of glob.split("/")) {
    const unescaped = segment.replaceAll(/\\./gu, "");
    const count = (character: string) => unescaped.split(character).length;
    if (!/[*?[\]{}]/u.test(unescaped)) names.push(segment.replaceAll(/\\(.)/gu, "$1"));
    else if (unescaped.includes("**") || count("[") !== count("]") || count("{") !== count("}")) {
      return { names, isOpen: true };
    } else names.push(picomatch(segment, options));
  }
  return { names, isOpen: false };
}

function mayLeadTo({ names, isOpen }: Way, folder: string): boolean {
  const path = folder === "" ? [] : folder.split("/");
  if (path.length >= names.length && !isOpen) return false;
  return path.every((name, index) => matches(names[index], name));
}

function matches(wanted: Way["names"][number] | undefined, name: string): boolean {
  return wanted === undefined || (typeof wanted === "string" ? wanted === name : wanted(name));
}

// The one name that a way leads on by; undefined for any, "" for none.
function nameIn(way: Way, folder: string): string | undefined {
  if (!mayLeadTo(way, folder)) return "";
  const wanted = way.names[folder === "" ? 0 : folder.split("/").length];
  return typeof wanted === "string" ? wanted : undefined;
}

function hull(names: readonly (string | undefined)[]): Interval {
  const wanted = names.filter((name) => name !== "");
  const known = wanted
    .flatMap((name) => (name === undefined || /[\ud800-\uffff]/u.test(name) ? [] : [name]))
    .toSorted();
  const [first, last] = [known[0], known.at(-1)];
  if (known.length < wanted.length || first === undefined || last === undefined) return {};
  const after = justBefore(first);
  return { ...(after === undefined ? {} : { after }), upTo: last };
}

function ancestors(path: string): readonly string[] {
  if (path === "") return [];
  const names = path.split("/");
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}
