import { isLakeError } from "../core/error.ts";
import type { Layer, WireRequest } from "./send.ts";

/** Something that makes a request acceptable to a store. */
export type Credential = {
  /** The request with its proof; called for every attempt, so a long retry never outlives its token. */
  readonly sign: (request: WireRequest) => Promise<WireRequest>;
  /** Drops what was remembered, because the store no longer accepts it. */
  readonly forget: () => void;
};

/** Signs every attempt; when the store answers 401, once more with a fresh proof. */
export function auth(credential: Credential): Layer {
  return (next) => async (request) => {
    try {
      return await next(await credential.sign(request));
    } catch (error) {
      if (!isLakeError(error) || error.status !== 401) throw error;
      credential.forget();
      return next(await credential.sign(request));
    }
  };
}

/** A bearer token and when it ends. */
export type Token = { readonly token: string; readonly expiresMs: number };

/** Sends bearer tokens, asking for a new one five minutes before the old one ends; many askers share one question. */
export function bearer(ask: () => Promise<Token>, nowMs: () => number): Credential {
  const marginMs = 5 * 60_000;
  let asked: Promise<Token> | undefined;
  let endsMs = 0;
  async function current(): Promise<Token> {
    if (asked === undefined || nowMs() > endsMs - marginMs) {
      endsMs = Number.POSITIVE_INFINITY;
      asked = ask().then(
        (token) => {
          endsMs = token.expiresMs;
          return token;
        },
        (error: unknown) => {
          asked = undefined;
          throw error;
        },
      );
    }
    return asked;
  }
  return {
    sign: async (request) => {
      const { token } = await current();
      return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
    },
    forget: () => {
      asked = undefined;
    },
  };
}

/** Adds a shared access signature to every target. */
export function sas(query: string): Credential {
  const plain = query.replace(/^\?/u, "");
  return {
    sign: async (request) => ({
      ...request,
      target: `${request.target}${request.target.includes("?") ? "&" : "?"}${plain}`,
    }),
    forget: () => undefined,
  };
}
