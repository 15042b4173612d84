import { onAbort } from "../core/abort.ts";
import { isLakeError, LakeError } from "../core/error.ts";
import type { Layer, WireRequest } from "./send.ts";

/** Something that makes a request acceptable to a store. */
export type Credential = {
  /**
   * The request with its proof; called for every attempt, so a long retry never outlives its token. Rejects when the
   * request is aborted meanwhile.
   */
  readonly sign: (request: WireRequest) => WireRequest | Promise<WireRequest>;
  /** Drops the proof that this signed request carried, because the store no longer accepts it. */
  readonly forget: (refused: WireRequest) => void;
};

/** Signs every attempt; when the store answers 401, once more with a fresh proof. */
export function auth(credential: Credential): Layer {
  return (next) => {
    const send = (signed: WireRequest, request: WireRequest) =>
      next(signed).catch(async (error: unknown) => {
        if (!isLakeError(error) || error.status !== 401) throw error;
        credential.forget(signed);
        return next(await credential.sign(request));
      });
    return (request) => {
      const signed = credential.sign(request);
      return signed instanceof Promise ? signed.then((ready) => send(ready, request)) : send(signed, request);
    };
  };
}

/** A bearer token and when it ends. */
export type Token = { readonly token: string; readonly expiresMs: number };

/** How long before its end a token is renewed, and the pause between two questions while the old one still holds. */
const marginMs = 5 * 60_000;
const againMs = 10_000;

/**
 * Sends bearer tokens. Many askers share one question, which is given up as "unavailable, later" after `limitMs`. A new
 * token is asked for five minutes before the old one ends; the old one is sent until the new one is there.
 */
export function bearer(
  ask: (signal: AbortSignal) => Promise<Token>,
  nowMs: () => number,
  limitMs = 30_000,
): Credential {
  let held: Token | undefined;
  let renewMs = 0;
  let asking: Promise<Token> | undefined;

  async function renew(): Promise<Token> {
    try {
      const token = await inTime(ask, limitMs);
      renewMs = token.expiresMs - marginMs;
      held = token;
      return token;
    } finally {
      renewMs = Math.max(renewMs, nowMs() + againMs);
      asking = undefined;
    }
  }

  // Undefined when there is none to go on with.
  function current(): Token | undefined {
    const now = nowMs();
    if (held === undefined || now >= held.expiresMs) return undefined;
    if (now >= renewMs && asking === undefined) {
      asking = renew();
      // Nobody waits for it, and as long as the old token holds nobody is hurt.
      asking.catch(() => undefined);
    }
    return held;
  }

  function signed(request: WireRequest, { token }: Token): WireRequest {
    return { ...request, headers: { ...request.headers, authorization: headerOf(token) } };
  }

  return {
    sign: (request) => {
      const valid = current();
      if (valid !== undefined) return signed(request, valid);
      return unlessAborted((asking ??= renew()), request.signal).then((token) => signed(request, token));
    },
    // Many requests may be refused with one token: only the first of them drops it.
    forget: ({ headers }) => {
      if (held !== undefined && headers["authorization"] === headerOf(held.token)) held = undefined;
    },
  };
}

function headerOf(token: string): string {
  return `Bearer ${token}`;
}

async function inTime(ask: (signal: AbortSignal) => Promise<Token>, limitMs: number): Promise<Token> {
  const giveUp = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const detail = `the identity gave no token within ${limitMs} ms`;
    const error = new LakeError("unavailable", { op: "token", path: "/", detail, retry: "later" });
    reject(error);
    giveUp.abort(error);
  }, limitMs);
  try {
    return await Promise.race([ask(giveUp.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal?.reason as Error);
  const unlisten = onAbort(signal, stop);
  if (signal?.aborted === true) stop();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    unlisten();
  }
}

/** Adds a shared access signature to every target. */
export function sas(query: string): Credential {
  const plain = query.replace(/^\?/u, "");
  return {
    sign: (request) => ({
      ...request,
      target: `${request.target}${request.target.includes("?") ? "&" : "?"}${plain}`,
    }),
    forget: () => undefined,
  };
}
