/** A bounded amount that many share; whoever asks first gets first. */
export type Budget = {
  /** Waits until `amount` is free and takes it; more than the whole is taken as the whole. Rejects when aborted. */
  readonly take: (amount: number, signal?: AbortSignal) => Promise<() => void>;
  readonly free: () => number;
  readonly size: number;
};

type Waiter = { readonly amount: number; readonly grant: (release: () => void) => void };

/** A budget of `size` units (bytes, connections, slots). */
export function budget(size: number): Budget {
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
    for (let first = waiting[0]; first !== undefined && first.amount <= free; first = waiting[0]) {
      waiting.shift();
      free -= first.amount;
      first.grant(releaseOf(first.amount));
    }
  }

  async function take(wanted: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const amount = Math.min(wanted, size);
    if (waiting.length === 0 && amount <= free) {
      free -= amount;
      return releaseOf(amount);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        amount,
        grant: (release) => {
          signal?.removeEventListener("abort", give);
          resolve(release);
        },
      };
      const give = () => {
        waiting.splice(waiting.indexOf(waiter), 1);
        reject(signal?.reason as Error);
        serve();
      };
      signal?.addEventListener("abort", give, { once: true });
      waiting.push(waiter);
    });
  }

  return { take, free: () => free, size };
}
