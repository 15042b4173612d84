import { lookNames } from "../core/requestCosts.ts";
import { budget } from "../core/budget.ts";
import type { Cut } from "../core/cut.ts";
import type { Copied, Sent } from "../core/outcome.ts";
import { childPath, type LakePath } from "../core/path.ts";
import { isBeyond, isOrderSafe } from "../core/range.ts";
import { leftOfStretch } from "../core/stretch.ts";
import type { Source } from "../lake/lake.ts";
import { isUnchanged } from "./confirm.ts";
import type { Frame } from "./frame.ts";

/** A name that a walk has passed: a file under way, then sent and to be looked at again, then counted. */
export type Started = { readonly name: string; readonly stretch: Stretch; sent?: Copied; isCounted: boolean };

/** Names of one folder that a walk passed one after the other. */
type Stretch = {
  readonly frame: Frame;
  /** The name before the first. */
  readonly after: string | undefined;
  readonly names: Started[];
  /** Files under way, and files that aren't counted. */
  going: number;
  left: number;
  isClosed: boolean;
  /** How often it was left open when others were closed. */
  settles: number;
};

/** Keeps what a walk has sent until its source was looked at again, with one listing for many files. */
export type SecondLooks = {
  /** Notes a file that is being started, in the order of its folder's listing; `after` is the name before it. */
  readonly start: (frame: Frame, name: string, after: string | undefined) => Started;
  /** Notes a name that is dealt with otherwise: what is left must not span it. */
  readonly pass: (frame: Frame, name: string) => void;
  readonly sent: (started: Started, sent: Sent) => void;
  readonly counted: (started: Started) => void;
  /** Nothing more is added to what was passed in this frame: it is looked at as soon as nothing of it is under way. */
  readonly close: (frame: Frame) => void;
  /** The same for all frames. */
  readonly closeAll: () => void;
  /** The same for what has been open for a while, so that it counts before its page is through. Called in equal intervals. */
  readonly settle: () => void;
  /** What is not counted, as a part of the cut. */
  readonly left: () => Required<Pick<Cut, "ranges" | "open">>;
  /** How many files are not counted. */
  readonly count: () => number;
  /** Those of them that were sent, and the bytes read for them. */
  readonly waiting: () => { readonly files: number; readonly bytes: number };
};

/** A listing that is to show so many names may be a little longer, as some may have come between them. */
const spareNames = 16;
const mostNames = 4000;
/** Most folders are through before their stretch is closed for its age: closing it costs a listing. */
const mostSettles = 4;
/** For so many it is worth it at once. */
const enoughNames = 50;

/** What second looks ask of their walk. */
export type Looking = {
  /** Told of a file that was sent, whether its source is the same still or has to be asked for this one. */
  readonly look: (path: LakePath, started: Started, sent: Sent, isSame: boolean) => Promise<void>;
  /** Takes a look along, or lets it be. */
  readonly run: (look: () => Promise<void>) => void;
};

/** No files, and nothing to look at; `atOnce` folders are listed again at a time. */
export function secondLooks(source: Source, { look, run }: Looking, atOnce: number, signal: AbortSignal): SecondLooks {
  const current = new Map<Frame, Stretch>();
  const stretches = new Set<Stretch>();
  const turns = budget(atOnce);
  const waiting = { files: 0, bytes: 0 };
  let count = 0;

  function opened(frame: Frame, after: string | undefined): Stretch {
    const stretch: Stretch = { frame, after, names: [], going: 0, left: 0, isClosed: false, settles: 0 };
    stretches.add(stretch);
    return stretch;
  }

  function close(frame: Frame): void {
    const stretch = current.get(frame);
    if (stretch === undefined) return;
    current.delete(frame);
    stretch.isClosed = true;
    lookIfReady(stretch);
  }

  function lookIfReady(stretch: Stretch): void {
    if (!stretch.isClosed || stretch.going > 0) return;
    if (stretch.left === 0) stretches.delete(stretch);
    else run(() => lookAt(stretch));
  }

  async function lookAt(stretch: Stretch): Promise<void> {
    const release = await turns.take(1, signal);
    let same: ReadonlySet<Started>;
    try {
      same = await unchanged(source, stretch, signal);
    } finally {
      release();
    }
    const looks = stretch.names.map((started) => {
      const { sent } = started;
      if (sent === undefined || started.isCounted) return Promise.resolve();
      const path = childPath(stretch.frame.folder, started.name);
      return look(path, started, { do: "sent", copied: sent }, same.has(started));
    });
    await Promise.all(looks);
  }

  return {
    start: (frame, name, after) => {
      const stretch = current.get(frame) ?? opened(frame, after);
      current.set(frame, stretch);
      const started: Started = { name, stretch, isCounted: false };
      stretch.names.push(started);
      stretch.going++;
      stretch.left++;
      count++;
      if (stretch.names.length >= lookNames) close(frame);
      return started;
    },
    pass: (frame, name) => {
      const stretch = current.get(frame);
      stretch?.names.push({ name, stretch, isCounted: true });
    },
    sent: (started, { copied }) => {
      const { stretch } = started;
      started.sent = copied;
      waiting.files++;
      waiting.bytes += copied.read;
      stretch.going--;
      lookIfReady(stretch);
    },
    counted: (started) => {
      const { stretch } = started;
      const { sent } = started;
      if (sent === undefined) stretch.going--;
      else {
        waiting.files--;
        waiting.bytes -= sent.read;
      }
      started.isCounted = true;
      stretch.left--;
      count--;
      if (sent === undefined) lookIfReady(stretch);
      else if (stretch.left === 0) stretches.delete(stretch);
    },
    close,
    closeAll: () => {
      for (const frame of current.keys()) close(frame);
    },
    settle: () => {
      for (const [frame, stretch] of current) {
        stretch.settles++;
        if (stretch.settles >= mostSettles || stretch.names.length >= enoughNames) close(frame);
      }
    },
    left: () => {
      const parts = [...stretches].map(({ frame, names }) =>
        leftOfStretch(namesOf(frame), names, ({ isCounted }) => !isCounted),
      );
      return { ranges: parts.flatMap(({ ranges }) => ranges), open: parts.flatMap(({ open }) => open) };
    },
    count: () => count,
    waiting: () => ({ ...waiting }),
  };
}

// Something was written there: it is not as fresh as the rest.
function namesOf({ folder, past, isUnordered }: Frame) {
  return { folder, isOrdered: !isUnordered, past: past === "fresh" ? ("made" as const) : past };
}

// Lists the part of the folder that was sent. Of what this doesn't show, for whatever reason, nothing is said.
async function unchanged(source: Source, stretch: Stretch, signal: AbortSignal): Promise<ReadonlySet<Started>> {
  const { frame, names } = stretch;
  const first = names.findIndex(isWaiting);
  const last = names.findLastIndex(isWaiting);
  const wanted = new Map(names.slice(first, last + 1).map((started) => [started.name, started]));
  const lastName = names[last]?.name ?? "";
  const most = Math.min(mostNames, wanted.size + spareNames);
  const same = new Set<Started>();
  let after = names[first - 1]?.name ?? stretch.after;
  try {
    for (let pages = Math.ceil(wanted.size / most) + 1; pages > 0; pages--) {
      const { entries, next } = await source.list(frame.folder, after, signal, most);
      for (const entry of entries) {
        const started = wanted.get(entry.name);
        if (started?.sent !== undefined && isUnchanged(started.sent, entry)) same.add(started);
      }
      const end = entries.at(-1)?.name;
      const isOver = end === lastName || (end !== undefined && isOrderSafe(lastName) && isBeyond(end, lastName));
      if (next === undefined || isOver) break;
      after = next;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    // Gone, shut or out of reach: each file is asked for by itself, and has its own fate.
  }
  return same;
}

function isWaiting({ sent, isCounted }: Started): boolean {
  return sent !== undefined && !isCounted;
}
