import { AsyncLocalStorage } from "node:async_hooks";

/** A place in a trace, as W3C has it: 00-<trace>-<span>-<flags>. */
export type TraceParent = string;

const present = new AsyncLocalStorage<TraceParent | undefined>();

/** Does some work as a part of the trace that the host began; what is logged meanwhile belongs to it. */
export function within<T>(parent: TraceParent | undefined, work: () => T): T {
  return present.run(parent, work);
}

/** The trace that the present work is a part of. */
export function currentTrace(): TraceParent | undefined {
  return present.getStore();
}
