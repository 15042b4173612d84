import type { Standing } from "../core/entry.ts";
import { LakeError } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import type { Source } from "../lake/lake.ts";
import type { Portion } from "./children.ts";
import type { Course } from "./course.ts";
import type { ErrandWalk } from "./errandWalk.ts";
import type { FileWalk } from "./fileWalk.ts";
import { endOf, type Frame, intervalOf, isUndecided, turnTo, watchOrder } from "./frame.ts";
import type { Beside, March } from "./march.ts";
import type { Visitor } from "./visitor.ts";

/** What a walk reads of its frames in both lakes. */
export type FolderReading = {
  /** Lists the next page; returns whether there is one to go on with. */
  readonly listMore: (frame: Frame) => Promise<boolean>;
  /**
   * What stands at the sink under the frame's next name, once all that only the sink has before it is told; undefined when
   * the frame was given up or the walk was stopped meanwhile.
   */
  readonly standingAt: (frame: Frame, name: string) => Promise<Standing | undefined>;
  /**
   * Tells what only the sink has up to the frame's end; false when the frame was given up or the walk was stopped
   * meanwhile.
   */
  readonly tellRest: (frame: Frame) => Promise<boolean>;
};

/** What reading needs of the walk that it is part of. */
export type ReadingMeans = {
  readonly source: Source;
  readonly beside: Beside | undefined;
  readonly visitor: Pick<Visitor, "extra" | "extraDone">;
  readonly course: Course;
  readonly files: Pick<FileWalk, "pass">;
  readonly errands: Pick<ErrandWalk, "add" | "isFull">;
  /** Decides what becomes of a folder of which one of the lakes won't tell. */
  readonly giveUp: (frame: Frame, error: unknown) => Promise<void>;
};

/** Opens the reading of frames. */
export function openFolderReading(means: ReadingMeans, signal: AbortSignal): FolderReading {
  const { source, beside, visitor, course, files, errands, giveUp } = means;

  // The sink's side of a frame; none where nothing can stand there.
  function marchOf(frame: Frame): March | undefined {
    if (frame.past === "fresh" || isUndecided(frame)) return undefined;
    frame.march ??= beside?.(frame.folder, { ...intervalOf(frame), told: frame.told });
    return frame.march;
  }

  async function listMore(frame: Frame): Promise<boolean> {
    course.wakeAll();
    frame.isListing = true;
    try {
      const { after } = intervalOf(frame);
      // Both lakes are asked at the same time.
      const [page] = await Promise.all([source.list(frame.folder, after, signal), marchOf(frame)?.begin(signal)]);
      // A file lists itself, without a name.
      if (page.entries[0]?.name === "") throw fileNow(frame.folder);
      watchOrder(frame, page.entries);
      const end = endOf(page.entries, frame.upTo);
      turnTo(frame, end === undefined ? page.entries : page.entries.slice(0, end));
      frame.at = 0;
      frame.isListed = end !== undefined || page.next === undefined;
      return true;
    } catch (error) {
      await giveUp(frame, error);
      return false;
    } finally {
      frame.isListing = false;
    }
  }

  async function standingAt(frame: Frame, name: string): Promise<Standing | undefined> {
    const march = marchOf(frame);
    if (march === undefined) return "unknown";
    try {
      for (;;) {
        const there = await march.at(name, signal);
        for (let portion = march.passed(name); portion.items.length > 0; portion = march.passed(name)) {
          if (!(await tellExtra(frame, portion))) return undefined;
        }
        if (there !== "more") return there;
      }
    } catch (error) {
      await giveUp(frame, error);
      return undefined;
    }
  }

  async function tellRest(frame: Frame): Promise<boolean> {
    const march = marchOf(frame);
    if (march === undefined) return true;
    try {
      for (;;) {
        const read = await march.finish(frame.upTo, signal);
        for (let portion = march.rest(frame.upTo); portion.items.length > 0; portion = march.rest(frame.upTo)) {
          if (!(await tellExtra(frame, portion))) return false;
        }
        if (read === "all") return true;
      }
    } catch (error) {
      await giveUp(frame, error);
      return false;
    }
  }

  // A portion is told in the instant in which the frame's place moves behind it; false once the walk is stopped.
  async function tellExtra(frame: Frame, { items, told }: Portion): Promise<boolean> {
    frame.isTelling = true;
    while (errands.isFull() && !course.isStopped()) await course.asleep();
    if (course.isStopped()) return false;
    const dealt = await visitor.extra(frame.folder, items, signal);
    frame.isTelling = false;
    frame.told = told;
    visitor.extraDone(frame.folder, dealt.told);
    errands.add(dealt.errands);
    // What is left of the names around must not span them.
    files.pass(frame, items.at(-1)?.name ?? "");
    return true;
  }

  return { listMore, standingAt, tellRest };
}

function fileNow(path: LakePath): LakeError {
  return new LakeError("changed", { op: "LISTSTATUS", path, detail: "it was a folder and is a file now; run again" });
}
