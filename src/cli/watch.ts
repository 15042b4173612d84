import { type Migration, Refused, Unreachable } from "./api.ts";
import { exitCodeOf, exitCodes, isAtRest } from "./outcome.ts";
import { noProgress, openProgress } from "./progress.ts";
import { pathOf, type Session } from "./session.ts";
import { printable, reportText, timeText } from "./words.ts";

/** An app that gives no answer for so long is given up; the migration isn't. */
const patienceMs = 10 * 60_000;

/** What a watcher wants to see, and how often. */
export type WatchOptions = { readonly intervalMs: number };

/**
 * Shows a migration until it rests, then its report; resolves to the exit code. Ctrl-C only leaves: the migration goes on,
 * and can be watched again.
 */
export async function watch(session: Session, id: string, { intervalMs }: WatchOptions): Promise<number> {
  const { world, isJson } = session;
  const leaving = new AbortController();
  const undo = world.onInterrupt(() => leaving.abort());
  const progress = isJson ? noProgress : openProgress(world.canvas);
  let seen: Migration | undefined;
  try {
    const look = patient(session, id, leaving.signal);
    for (;;) {
      seen = await look();
      progress.show(seen);
      if (isAtRest(seen.status)) break;
      await world.pause(intervalMs, leaving.signal);
      leaving.signal.throwIfAborted();
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    progress.end();
    world.note(`left; migration ${id} goes on. Attach again: lakeferry watch ${id}${session.hint}`);
    return exitCodes.left;
  } finally {
    undo();
  }
  progress.end();
  await session.print(seen, () => reportText(seen));
  const { status } = seen;
  if (status === "Paused" || status === "Stopped") world.note(`to go on: lakeferry resume ${id}${session.hint}`);
  return exitCodeOf(status);
}

/** Waits until nothing changes by itself any more; Ctrl-C ends the wait as it ends any command. */
export async function waitForRest(session: Session, id: string): Promise<Migration> {
  const never = new AbortController().signal;
  const look = patient(session, id, never);
  for (;;) {
    const seen = await look();
    if (isAtRest(seen.status)) return seen;
    await session.world.pause(1000, never);
  }
}

// Looks at a migration through outages of app and network; the first look has to succeed.
function patient(session: Session, id: string, signal: AbortSignal): () => Promise<Migration> {
  const { world } = session;
  const { nowMs } = world.canvas;
  let isFirst = true;
  return async () => {
    let sinceMs: number | undefined;
    for (;;) {
      try {
        const seen = await session.call<Migration>("GET", pathOf(id), undefined, signal);
        if (sinceMs !== undefined) world.note(`the app answers again, after ${timeText((nowMs() - sinceMs) / 1000)}`);
        isFirst = false;
        return seen;
      } catch (error) {
        signal.throwIfAborted();
        if (isFirst || !mayPass(error)) throw error;
        if (sinceMs === undefined) world.note(`${printable(error.message)}; trying again`);
        sinceMs ??= nowMs();
        if (nowMs() - sinceMs > patienceMs) {
          throw new Unreachable(
            `${error.message}; given up after ${timeText(patienceMs / 1000)}. The migration isn't touched by that: lakeferry watch ${id}${session.hint} attaches again`,
            { cause: error },
          );
        }
        await world.pause(2000, signal);
        signal.throwIfAborted();
      }
    }
  };
}

function mayPass(error: unknown): error is Error {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}
