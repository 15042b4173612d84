import { percentDecode } from "../kit/query.ts";
import { Refusal } from "./refusal.ts";

/** What a URL names: nothing (the account), a file system, or a path in it. */
export type Place = {
  readonly fileSystem: string;
  /** `filesystem/folder/file`; equal to `fileSystem` for its root. */
  readonly path: string;
};

/** Reads a raw URL path with or without the account in front; refuses names that the service refuses. */
export function parsePlace(rawPath: string, account: string): Place {
  const decoded = percentDecode(rawPath);
  if (decoded === undefined) throw new Refusal("InvalidUri", "The path is not valid UTF-8.");
  const segments = decoded.split("/");
  // One leading slash belongs to the URL and one trailing slash to a folder's name; what is empty in between is an error.
  segments.shift();
  while (segments.length > 0 && segments.at(-1) === "") segments.pop();
  if (segments[0] === account) segments.shift();
  const [fileSystem = "", ...names] = segments;
  if (names[0] === "") names.shift();
  const path = names.join("/");
  if (names.length > 0) checkPath(path, names);
  return { fileSystem, path: names.length === 0 ? fileSystem : `${fileSystem}/${path}` };
}

/** Refuses a path that is deeper than the service creates any. */
export function checkDepth(place: Place): void {
  let depth = 0;
  for (let at = place.path.indexOf("/"); at >= 0; at = place.path.indexOf("/", at + 1)) depth++;
  if (depth > MAX_DEPTH) throw new Refusal("PathIsTooDeep");
}

/** Refuses a name that no file system can have. */
export function checkFileSystemName(name: string): void {
  if (!FILE_SYSTEM_NAME.test(name)) throw new Refusal("InvalidResourceName");
}

const MAX_PATH_CHARACTERS = 1024;
const MAX_DEPTH = 60;
const FILE_SYSTEM_NAME = /^[$a-z0-9](?!.*--)[-a-z0-9]{1,61}[a-z0-9]$/;
// oxlint-disable-next-line no-control-regex -- these are the characters to refuse
const REFUSED_CHARACTERS = /[\u0000-\u001f\u0081\ufffe\uffff]/;

function checkPath(path: string, names: readonly string[]): void {
  if (path.length > MAX_PATH_CHARACTERS) throw new Refusal("InvalidUri", "The path is longer than 1024 characters.");
  if (REFUSED_CHARACTERS.test(path)) throw new Refusal("InvalidResourceName");
  if (names.some((name) => name === "" || name === "." || name === ".."))
    throw new Refusal("InvalidUri", "A segment of the path is empty or made of dots.");
}
