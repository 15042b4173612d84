import type { Migration } from "./api.ts";
import { exitCodeOf, exitCodes, isAtRest } from "./outcome.ts";
import { noProgress, openProgress, type Progress } from "./progress.ts";
import { patiently } from "./patience.ts";
import { pathOf, type Session } from "./session.ts";
import { reportText } from "./reports.ts";

/** What a watcher wants to see, and how often. */
export type WatchOptions = { readonly intervalMs: number };

/** What is watched: where it is, what people call it, and the command that attaches to it again. */
type Watched<T> = {
  readonly path: string;
  readonly what: string;
  readonly again: string;
  readonly isOver: (seen: T) => boolean;
  readonly show: (seen: T) => void;
  /** Called once no more is shown. */
  readonly end: () => void;
};

/**
 * Shows a migration until it rests, then its report; resolves to the exit code. Ctrl-C only leaves: the migration goes on,
 * and can be watched again.
 */
export async function watch(session: Session, id: string, options: WatchOptions): Promise<number> {
  const { world, isJson, hint } = session;
  const seen = await untilAtRest(session, id, isJson ? noProgress : openProgress(world.canvas), options);
  if (seen === undefined) return exitCodes.left;
  const { status } = seen;
  await session.print(seen, () => reportText(seen));
  if (status === "Paused" || status === "Stopped") world.note(`to go on: lakeferry resume ${id}${hint}`);
  return exitCodeOf(status);
}

/** Looks at a migration until nothing changes by itself any more; undefined when Ctrl-C was pressed before. */
export function untilAtRest(
  session: Session,
  id: string,
  { show, end }: Progress,
  options: WatchOptions,
): Promise<Migration | undefined> {
  const again = `lakeferry watch ${id}${session.hint}`;
  const isOver = ({ status }: Migration) => isAtRest(status);
  return untilOver<Migration>(
    session,
    { path: pathOf(id), what: `migration ${id}`, again, isOver, show, end },
    options,
  );
}

/** Looks at something until it is over; undefined when Ctrl-C was pressed before. */
export async function untilOver<T>(
  session: Session,
  watched: Watched<T>,
  { intervalMs }: WatchOptions,
): Promise<T | undefined> {
  const { world } = session;
  const { path, what, again, isOver, show, end } = watched;
  const unhurt = `the ${what} isn't touched by that; ${again} attaches again`;
  const leaving = new AbortController();
  const undo = world.onInterrupt(() => leaving.abort());
  const look = () => session.call<T>("GET", path, undefined, leaving.signal);
  try {
    // Who asks for what isn't there, or where nobody is, is told at once.
    for (let seen = await look(); ; seen = await patiently(world, look, leaving.signal, unhurt)) {
      show(seen);
      if (isOver(seen)) return seen;
      await world.pause(intervalMs, leaving.signal);
      leaving.signal.throwIfAborted();
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
  } finally {
    undo();
    end();
  }
  world.note(`left; ${what} goes on. Attach again: ${again}`);
  return undefined;
}
