import { createHash } from "node:crypto";

/** The name under which a local folder holds `name`: the same, unless a local file system can't hold it. */
export function localName(name: string): string {
  // A name that looks escaped is escaped too, so that no two names meet.
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES && !ESCAPED.test(name)) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 32);
  return `${name.slice(0, READABLE_CHARACTERS).toWellFormed()}~${digest}`;
}

/** The local form of a path of segments. */
export function localPath(path: string): string {
  if (isPlain(path)) return path;
  return path.split("/").map(localName).join("/");
}

/** The local form of a path in the tree of logs, in which names that start with "@" belong to the store. */
export function mirrorPath(path: string): string {
  if (isPlain(path) && !path.includes("@")) return path;
  return path
    .split("/")
    .map((name) => localName(name.startsWith("@") ? `@${name}` : name))
    .join("/");
}

// Most paths are short enough for each of their names to fit, whatever its characters.
function isPlain(path: string): boolean {
  return path.length * MAX_CHARACTER_BYTES <= MAX_NAME_BYTES && !path.includes("~");
}

const MAX_NAME_BYTES = 255;
const MAX_CHARACTER_BYTES = 3;
const READABLE_CHARACTERS = 40;
const ESCAPED = /~[0-9a-f]{32}$/;
