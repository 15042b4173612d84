import type { RunCaps } from "../core/caps.ts";
import type { Clock } from "../core/clock.ts";
import { openValve } from "../wire/valve.ts";
import type { Valves } from "./ferry.ts";

/** Opens both valves wide. */
export function openValves(clock: Clock, connections: number): Valves {
  return { source: openValve(clock, connections), sink: openValve(clock, connections) };
}

/** Turns both. */
export function turnValves(valves: Valves, { source, sink }: RunCaps): void {
  valves.source.turn(source);
  valves.sink.turn(sink);
}
