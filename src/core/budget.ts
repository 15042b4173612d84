import { onAbort } from "./abort.ts";

/** A bounded amount that many share; whoever asks first gets first. */
export type Budget = {
  /** Waits until `amount` is free and takes it; more than the whole is taken as the whole. Rejects when aborted. */
  readonly take: (amount: number, signal?: AbortSignal) => Promise<() => void>;
  /** Takes what is free and nobody waits for; undefined when it has to be waited for. */
  readonly now: (amount: number) => (() => void) | undefined;
  readonly free: () => number;
  readonly size: () => number;
  /** Makes the whole larger or smaller from now on; what was taken stays taken. */
  readonly resize: (size: number) => void;
};

type Waiter = { readonly amount: number; readonly grant: (release: () => void) => void };

/** A budget of `size` units (bytes, connections, slots). */
export function budget(initial: number): Budget {
  let size = initial;
  let free = size;
  const waiting: Waiter[] = [];

  function releaseOf(amount: number): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      free += amount;
      serve();
    };
  }

  function serve(): void {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const amount = Math.min(first.amount, size);
      if (amount > free) return;
      waiting.shift();
      free -= amount;
      first.grant(releaseOf(amount));
    }
  }

  function now(wanted: number): (() => void) | undefined {
    const amount = Math.min(wanted, size);
    if (waiting.length > 0 || amount > free) return undefined;
    free -= amount;
    return releaseOf(amount);
  }

  async function take(wanted: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    return (
      now(wanted) ??
      new Promise((resolve, reject) => {
        const waiter: Waiter = {
          amount: wanted,
          grant: (release) => {
            unlisten();
            resolve(release);
          },
        };
        const unlisten = onAbort(signal, () => {
          waiting.splice(waiting.indexOf(waiter), 1);
          reject(signal?.reason as Error);
          serve();
        });
        waiting.push(waiter);
      })
    );
  }

  return {
    take,
    now,
    free: () => free,
    size: () => size,
    resize: (wanted) => {
      free += wanted - size;
      size = wanted;
      serve();
    },
  };
}

/** The same budget; `waited` hears how long each had to wait who did. */
export function timed(inner: Budget, nowMs: () => number, waited: (ms: number) => void): Budget {
  async function patiently(amount: number, signal: AbortSignal | undefined): Promise<() => void> {
    const startMs = nowMs();
    try {
      return await inner.take(amount, signal);
    } finally {
      waited(nowMs() - startMs);
    }
  }

  return {
    ...inner,
    take: async (amount, signal) => {
      signal?.throwIfAborted();
      return inner.now(amount) ?? patiently(amount, signal);
    },
  };
}
