import { LakeError } from "../../src/core/error.ts";
import type { Dice } from "./dice.ts";
import type { Simulation } from "./simulation.ts";

/** The places that machines talk to. */
export const stores = ["source", "sink", "rows", "blobs"] as const;
export type StoreName = (typeof stores)[number];

/** One request on its way. */
export type Call = { readonly store: StoreName; readonly op: string; readonly path: string };

/**
 * What a spell of bad weather does to the requests it hits.
 *   throttled  refused with 429 or 503, sometimes with a Retry-After
 *   broken     refused with 500
 *   unsent     the connection breaks before the store has the request
 *   unheard    the store does it, and the reply is lost
 *   late       the sender gives up waiting; the store does it a good while after
 */
export type Harm = "throttled" | "broken" | "unsent" | "unheard" | "late";

/** Bad weather between machines and one store. */
export type Spell = {
  readonly store: StoreName;
  readonly harm: Harm;
  /** Of one request. */
  readonly chance: number;
  /** Since the beginning. */
  readonly fromMs: number;
  readonly toMs: number;
};

/** What the network is like. */
export type Weather = {
  readonly spells: readonly Spell[];
  /** Of a request to arrive once more, long after. */
  readonly echo: number;
  /** Of a request to take seconds. */
  readonly crawl: number;
  /** The usual time of half a round trip, at most. */
  readonly hopMs: number;
};

/** The way from machines to stores, and back. */
export type Network = {
  /** One attempt of a request; it goes on by itself whatever becomes of its sender. */
  readonly carry: <T>(call: Call, act: () => Promise<T>) => Promise<T>;
  /** From now on nothing is lost, late or refused. */
  readonly calm: () => void;
  /** How often each harm was done, echoes included. */
  readonly done: Readonly<Record<string, number>>;
};

/** Opens a network with this weather; its chance comes from the dice. */
export function openNetwork(sim: Simulation, dice: Dice, weather: Weather): Network {
  const beganMs = sim.nowMs();
  const done: Record<string, number> = {};
  let isCalm = false;

  function note(what: string): void {
    done[what] = (done[what] ?? 0) + 1;
  }

  function hop(): Promise<void> {
    const crawls = !isCalm && dice.chance(weather.crawl);
    return sim.sleep(crawls ? dice.between(1000, 15_000) : dice.between(1, weather.hopMs));
  }

  function harmTo({ store }: Call): Harm | undefined {
    if (isCalm) return undefined;
    const atMs = sim.nowMs() - beganMs;
    const spells = weather.spells.filter(
      (spell) => spell.store === store && spell.fromMs <= atMs && atMs < spell.toMs && dice.chance(spell.chance),
    );
    return spells[0]?.harm;
  }

  // A request that was sent is out of everybody's hands.
  async function later(act: () => Promise<unknown>): Promise<void> {
    await sim.sleep(dice.between(500, 400_000));
    await act().catch(() => undefined);
  }

  function failure({ store, op, path }: Call, kind: "throttled" | "unavailable", detail: string): LakeError {
    const asks = kind === "throttled" && dice.chance(0.4);
    return new LakeError(kind, {
      op,
      path,
      detail: `${store}: ${detail}`,
      retry: "later",
      ...(asks ? { retryAfterMs: 1000 * dice.between(1, 20) } : {}),
    });
  }

  return {
    done,
    calm: () => {
      isCalm = true;
    },
    carry: async (call, act) => {
      const harm = harmTo(call);
      if (harm !== undefined) note(harm);
      if (!isCalm && dice.chance(weather.echo)) {
        note("echo");
        void later(act);
      }
      await hop();
      if (harm === "throttled") throw failure(call, "throttled", "too many requests");
      if (harm === "broken") throw failure(call, "unavailable", "internal error");
      if (harm === "unsent") throw failure(call, "unavailable", "connection reset");
      if (harm === "late") {
        void later(act);
        await sim.sleep(dice.between(5000, 30_000));
        throw failure(call, "unavailable", "no reply in time");
      }
      try {
        const reply = await act();
        await hop();
        if (harm === "unheard") throw failure(call, "unavailable", "connection reset while waiting for the reply");
        return reply;
      } catch (error) {
        if (harm !== "unheard") await hop();
        throw error;
      }
    },
  };
}
