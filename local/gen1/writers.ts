import type { VirtualClock } from "../kit/clock.ts";
import { Refusal } from "./refusal.ts";

/** How far a write goes: stored only, its length published too, or the file closed as well. */
export type SyncFlag = "DATA" | "METADATA" | "CLOSE";

/** Who is writing which file, and how much of it readers see meanwhile. */
export type Writers = {
  /** Refuses while another writer holds the file. */
  admit(path: string, leaseId: string | undefined): void;
  /** Notes a write; `bytesBefore` is what the file held before it. */
  wrote(path: string, flag: SyncFlag, leaseId: string | undefined, bytesBefore: number): void;
  /** The length that readers see of a file of so many bytes. */
  visibleBytes(path: string, bytes: number): number;
  forget(path: string): void;
  /** Does one thing after the other for each path. */
  inTurn<T>(path: string, work: () => Promise<T>): Promise<T>;
};

/** Nobody is writing yet. */
export function writersOf(clock: VirtualClock): Writers {
  const open = new Map<string, Open>();
  const turns = new Map<string, Promise<unknown>>();
  return {
    admit(path, leaseId) {
      const holder = open.get(path);
      if (holder?.leaseId === undefined || holder.leaseId === leaseId) return;
      if (holder.untilMs > clock.nowMs()) throw new Refusal("leased", "The file is leased by another writer");
      open.delete(path);
    },
    wrote(path, flag, leaseId, bytesBefore) {
      if (flag === "CLOSE") open.delete(path);
      else {
        const visibleBytes = flag === "DATA" ? (open.get(path)?.visibleBytes ?? bytesBefore) : undefined;
        open.set(path, { leaseId, visibleBytes, untilMs: clock.nowMs() + leaseMs });
      }
    },
    visibleBytes: (path, bytes) => Math.min(bytes, open.get(path)?.visibleBytes ?? bytes),
    forget: (path) => void open.delete(path),
    async inTurn(path, work) {
      const before = turns.get(path);
      const mine = before === undefined ? work() : before.then(work, work);
      turns.set(path, mine);
      try {
        return await mine;
      } finally {
        if (turns.get(path) === mine) turns.delete(path);
      }
    },
  };
}

type Open = {
  readonly leaseId: string | undefined;
  readonly visibleBytes: number | undefined;
  readonly untilMs: number;
};

const leaseMs = 10 * 60_000;
