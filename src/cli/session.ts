import { callApp, type Method, replyOf } from "./api.ts";
import { type Target, targetOf } from "./profiles.ts";
import type { World } from "./world.ts";

/** Options that every command takes. */
export type CommonOptions = { readonly profile?: string; readonly url?: string; readonly json?: boolean };

/** A command's way to the app, and to whoever reads its result. */
export type Session = {
  readonly world: World;
  readonly isJson: boolean;
  /** What to add to another command so that it means the same app. */
  readonly hint: string;
  /** Calls the app; the path is the one below /api. */
  readonly call: <T>(method: Method, path: string, body?: unknown, signal?: AbortSignal) => Promise<T>;
  /** The same for an answer that isn't JSON. */
  readonly reply: (path: string) => Promise<Response>;
  /** The result: one line of JSON for programs, or a text. */
  readonly print: (value: unknown, text: () => string) => Promise<void>;
};

/** Finds the app that the options, the environment or the profiles name. */
export function openSession(world: World, options: CommonOptions): Session {
  const { url, key, token, hint }: Target = targetOf(world, options);
  const way = { key, token, fetch: world.fetch };
  const isJson = options.json === true;
  return {
    world,
    isJson,
    hint,
    call: (method, path, body, signal) => callApp(`${url}/api${path}`, method, body, { ...way, signal }),
    reply: (path) => replyOf(`${url}/api${path}`, "GET", undefined, way),
    print: (value, text) => world.out(`${isJson ? JSON.stringify(value) : text()}\n`),
  };
}

/** The path of a migration below /api. */
export function pathOf(id: string, rest = ""): string {
  return `/migrations/${encodeURIComponent(id)}${rest}`;
}
