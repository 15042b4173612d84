import type { Layer, WireRequest } from "./send.ts";

/** Told how a request came out that was let through. */
type Left = (error: unknown) => void;

/** Lets a request pass, at once or later; a rejection is its end. What it gives is told when the request is over. */
export type Gate = (request: WireRequest) => Left | undefined | Promise<Left | undefined | void>;

/** Gates as one layer, the first listed is the outermost: a layer for each would cost every request a promise more. */
export function through(...gates: readonly Gate[]): Layer {
  return (next) => async (request) => {
    const passed: Left[] = [];
    let failure: unknown;
    try {
      for (const gate of gates) {
        const passing = gate(request);
        const left = passing instanceof Promise ? await passing : passing;
        if (left !== undefined) passed.push(left);
      }
      return await next(request);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      for (let last = passed.pop(); last !== undefined; last = passed.pop()) last(failure);
    }
  };
}
