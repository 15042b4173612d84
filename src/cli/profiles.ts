import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "./outcome.ts";

/** A function app by a name of one's own. */
export type Profile = { readonly url: string; readonly key?: string };

/** What the file holds: profiles by name, and which one is meant when none is named. */
export type Profiles = { readonly use?: string; readonly profiles: Readonly<Record<string, Profile>> };

type Place = { readonly env: Readonly<Record<string, string | undefined>>; readonly home: string };

/** The file with the profiles: LAKEFERRY_CONFIG, or one in the user's own folder of settings. */
export function profilesFile({ env, home }: Place): string {
  const own = env["LAKEFERRY_CONFIG"];
  if (own !== undefined && own !== "") return own;
  const windows = process.platform === "win32" ? env["APPDATA"] : undefined;
  const folder = [env["XDG_CONFIG_HOME"], windows].find((path) => path !== undefined && path !== "");
  return join(folder ?? join(home, ".config"), "lakeferry", "profiles.json");
}

/** Reads the profiles; none when there is no file. A file that others may read, or that is none of ours, is refused. */
export function readProfiles(place: Place): Profiles {
  const file = profilesFile(place);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { profiles: {} };
    throw new UsageError(`${file} can't be read: ${(error as Error).message}`);
  }
  const profiles = parsed(text, file);
  const hasKeys = Object.values(profiles.profiles).some(({ key }) => key !== undefined);
  if (hasKeys && process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) {
    throw new UsageError(`${file} holds keys and others may read it; make it yours alone: chmod 600 '${file}'`);
  }
  return profiles;
}

/** Writes the profiles, whole or not at all, for the user's eyes only. */
export function writeProfiles(place: Place, profiles: Profiles): void {
  const file = profilesFile(place);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const half = `${file}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify(profiles, undefined, 2)}\n`, { mode: 0o600, flag: "wx" });
  renameSync(half, file);
}

function parsed(text: string, file: string): Profiles {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`);
  }
  const { use, profiles = {} } = isObject(value) ? value : {};
  const areProfiles =
    isObject(profiles) &&
    Object.values(profiles).every(
      (profile) =>
        isObject(profile) &&
        typeof profile["url"] === "string" &&
        (profile["key"] === undefined || typeof profile["key"] === "string"),
    );
  if (!isObject(value) || !areProfiles || (use !== undefined && typeof use !== "string")) {
    throw new UsageError(`${file}: expected {"use": "NAME", "profiles": {"NAME": {"url": "https://…"}}}`);
  }
  return { ...(use === undefined ? {} : { use }), profiles: profiles as Readonly<Record<string, Profile>> };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The app that a command is for. */
export type Target = {
  /** The address of the app, without /api. */
  readonly url: string;
  readonly key?: string;
  /** A token for an app that wants people to sign in. */
  readonly token?: string;
  /** What to add to a command so that it means the same app. */
  readonly hint: string;
};

/**
 * Which app is meant. The address: --url, --profile, LAKEFERRY_URL, LAKEFERRY_PROFILE, the profile in use. The key:
 * LAKEFERRY_KEY, or that of the profile the address is from; a profile's key never goes to another address. A token for apps
 * with Easy Auth: LAKEFERRY_TOKEN.
 */
export function targetOf(
  place: Place,
  asked: { readonly url?: string | undefined; readonly profile?: string | undefined },
): Target {
  const { env } = place;
  if (asked.url !== undefined && asked.profile !== undefined) {
    throw new UsageError("expected either --url or --profile, not both");
  }
  const envUrl = asked.profile === undefined ? env["LAKEFERRY_URL"] : undefined;
  const url = asked.url ?? (envUrl === "" ? undefined : envUrl);
  const envKey = env["LAKEFERRY_KEY"] === "" ? undefined : env["LAKEFERRY_KEY"];
  const token = env["LAKEFERRY_TOKEN"] === "" ? undefined : env["LAKEFERRY_TOKEN"];
  if (url !== undefined) {
    const hint = asked.url === undefined ? "" : ` --url ${asked.url}`;
    return reachable({
      url: appUrl(url, asked.url === undefined ? "LAKEFERRY_URL" : "--url"),
      hint,
      ...secrets(envKey, token),
    });
  }
  const { use, profiles } = readProfiles(place);
  const envName = env["LAKEFERRY_PROFILE"] === "" ? undefined : env["LAKEFERRY_PROFILE"];
  const name = asked.profile ?? envName ?? use;
  if (name === undefined) {
    throw new UsageError(
      "which function app? Give --url, or keep one: lakeferry profile set NAME --url https://NAME.azurewebsites.net",
    );
  }
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile === undefined) {
    const known = Object.keys(profiles).join(", ");
    throw new UsageError(`there is no profile "${name}"; known: ${known === "" ? "none" : known}`);
  }
  const hint = asked.profile === undefined ? "" : ` --profile ${name}`;
  return reachable({ url: appUrl(profile.url, `profile "${name}"`), hint, ...secrets(envKey ?? profile.key, token) });
}

/** The address of an app as it is kept: http or https, without /api and the slash at the end. */
export function appUrl(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new UsageError(`${where} ${text}: expected an address, as https://NAME.azurewebsites.net`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new UsageError(
      `${where}: expected an address without user, query and fragment; the key goes to LAKEFERRY_KEY`,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/u, "").replace(/\/api$/u, "")}`;
}

function reachable(target: Target): Target {
  const { protocol, hostname } = new URL(target.url);
  const isLoopback = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  if ((target.key === undefined && target.token === undefined) || protocol === "https:" || isLoopback) return target;
  throw new UsageError(`${target.url} is plain http: keys and tokens go over https only`);
}

function secrets(key: string | undefined, token: string | undefined): Pick<Target, "key" | "token"> {
  return { ...(key === undefined ? {} : { key }), ...(token === undefined ? {} : { token }) };
}
