import { capsChange, capsOf, changedCaps } from "../core/caps.ts";
import { pathFrom } from "../core/path.ts";
import { type Command, isLive, type Run, statusAfter } from "../core/run.ts";
import { windowAt } from "../core/window.ts";
import { announce, claimRoot, setOff, type Start } from "../ferry/launch.ts";
import { type Claim, rootTaken } from "../state/roots.ts";
import type { App } from "./app.ts";
import { accepted } from "./begin.ts";
import { tooManyConnections } from "./checks.ts";
import { isoTime } from "./overview.ts";
import { type Answer, badRequest, problem, wrongFields } from "./problem.ts";

/** What can be told a run that is there. */
export type Commands = {
  readonly command: (id: string, wish: Command) => Promise<Answer>;
  /** Replaces caps of a live run; its lanes heed them within seconds. */
  readonly change: (id: string, body: unknown) => Promise<Answer>;
};

/** Opens them; `base` is the address of /api/migrations as the caller sees it. */
export function openCommands(app: App, starter: Start, base: string): Commands {
  const { ferry } = app;

  async function command(id: string, wish: Command): Promise<Answer> {
    let refused: string | undefined;
    let before: Run | undefined;
    const run = await ferry.runs.change(id, (now) => {
      const nowMs = ferry.clock.nowMs();
      const status = now.isPurged === true ? undefined : statusAfter(wish, now.status);
      refused = status === undefined ? `it can't be ${past[wish]} now` : undefined;
      const isOutside = wish === "resume" && !windowAt(now.request.window, nowMs).isOpen;
      if (isOutside && status !== undefined) refused = outside(now, nowMs);
      if (status === undefined || refused !== undefined) return void (before = now);
      before = now;
      const { rest, ...known } = now;
      if (status === now.status) return rest === undefined ? undefined : known;
      return wish === "resume"
        ? resumed(known, nowMs)
        : { ...known, status, ...(isLive(status) ? {} : { endedMs: nowMs }) };
    });
    if (refused !== undefined) return problem("command-not-allowed", `migration "${id}" is ${run.status}; ${refused}`);
    if (wish === "resume") {
      const by = await claimRoot(ferry, run);
      if (by !== undefined && before !== undefined) return takenBack(before, run, by);
      await announce(ferry, id, ferry.clock.nowMs());
      await setOff(ferry, starter, run, "Paused");
    }
    if (!isLive(run.status)) await ferry.roots.release(ferry.rootsKey(run.request), run.id);
    return accepted(base, run);
  }

  async function change(id: string, body: unknown): Promise<Answer> {
    const parsed = capsChange.safeParse(body);
    if (!parsed.success) return badRequest(parsed.error);
    const wrong = tooManyConnections(app, parsed.data);
    if (wrong.length > 0) return wrongFields(wrong);
    const run = await ferry.runs.change(id, (now) =>
      isLive(now.status) ? { ...now, caps: changedCaps(capsOf(now), parsed.data) } : undefined,
    );
    if (isLive(run.status)) return { status: 200, body: { id, status: run.status, caps: capsOf(run) } };
    return problem("command-not-allowed", `migration "${id}" is ${run.status}; its caps can't be changed now`);
  }

  // One that had stopped holds its root no longer, and another run may have taken it.
  async function takenBack(before: Run, run: Run, by: Claim): Promise<Answer> {
    await ferry.runs.change(run.id, (now) => (now.epoch === run.epoch ? { ...before, epoch: run.epoch } : undefined));
    return problem("root-overlap", rootTaken(pathFrom(run.request.sink.folderPath), by).detail);
  }

  return { command, change };
}

function resumed({ error: _, endedMs: _ended, journal: _journal, ...run }: Run, nowMs: number): Run {
  return { ...run, status: "Running", epoch: run.epoch + 1, resumedMs: nowMs };
}

function outside({ request }: Run, nowMs: number): string {
  return `it works in its window only, goes on by itself at ${isoTime(windowAt(request.window, nowMs).untilMs)}, and can't be resumed before`;
}

const past: Readonly<Record<Command, string>> = { pause: "paused", resume: "resumed", cancel: "cancelled" };
