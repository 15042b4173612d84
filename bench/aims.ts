import { cases } from "./cases.ts";
import { type Figures, figuresOf, sumOf } from "./figures.ts";
import type { CaseResult, Measured } from "./results.ts";
import { spreadOf } from "./spread.ts";

/** One aim, what was measured, and whether that is enough; undefined: it wasn't measured. */
export type Aim = { readonly aim: string; readonly measured: string; readonly isReached: boolean | undefined };

const [whole, alone] = ["lakeferry", "lakeferry alone"] as const;
const [blob, dfs, rclone] = ["AzCopy to Blob", "AzCopy to DFS", "rclone"] as const;

/** Files that the app has in flight at most, by its defaults. */
const inFlight = 128;
const mostMemoryMiB = 200;
/** Requests of a run itself: its roots, its preflight, saves that look again. */
const ofTheRun = 30;
/** Pages, folders and the run itself, for each file of a case with 20,000. */
const beside = 0.05;

/** What lakeferry is meant to reach beside its peers, computed from the results. */
export function aimsIn(results: readonly CaseResult[]): readonly Aim[] {
  const of = (name: string, tool: string) =>
    figuresOf(
      results.find((result) => result.name === name),
      tool,
    );
  const filesOf = (name: string) => results.find((result) => result.name === name)?.files ?? 0;
  return [
    ...[whole, alone].flatMap((tool) => [
      faster(`4 KiB files/s, ${tool}: ≥ 1.5 × AzCopy to Blob`, of("small", tool), of("small", blob), 1.5),
      faster(`4 KiB files/s, ${tool}: ≥ 3 × AzCopy to DFS`, of("small", tool), of("small", dfs), 3),
      faster(
        `64 MiB files, MB/s, ${tool}: ≥ 1.0 × the better peer`,
        of("large", tool),
        better([blob, dfs, rclone].map((peer) => of("large", peer))),
        1,
      ),
    ]),
    onBoth("64 MiB files: memory ≤ 1/4 of AzCopy's", of("large", whole), of("large", blob), (ours, theirs) => ({
      measured: `${ours.peakMiB.median.toFixed(0)} of ${theirs.peakMiB.median.toFixed(0)} MiB`,
      isReached: ours.peakMiB.median <= theirs.peakMiB.median / 4,
    })),
    perFile("requests per small file at the sink: 1, plus pages", of("small", whole), filesOf("small"), "sink", 1),
    perFile("the same with owner and ACL: 2, plus pages", of("access", whole), filesOf("access"), "sink", 2),
    perFile("requests per small file at the source: 1, plus pages", of("small", whole), filesOf("small"), "source", 1),
    perFile(
      "the same where ACLs are wanted: 1, 2 where there is one",
      of("access", whole),
      filesOf("access"),
      "source",
      1.1,
    ),
    on("no-change delta: lists only, files/4000 + files/5000 + 3 per folder", of("again", whole), (ours) => {
      const files = filesOf("again");
      const bound = files / 4000 + files / 5000 + 3 * foldersOfAgain(files) + ofTheRun;
      const requests = ours.sinkRequests + ours.sourceRequests;
      return { measured: `${requests} requests, bound ${Math.floor(bound)}`, isReached: requests <= bound };
    }),
    faster(
      "no-change delta: wall ≤ that of the better of azcopy sync and rclone sync",
      of("again", whole),
      better([blob, rclone].map((peer) => of("again", peer))),
      1,
    ),
    on("sink capped: ≥ 92 % of the cap used, < 2 % refused", of("capped", whole), (ours) => {
      const cap = cases.find(({ name }) => name === "capped")?.cap ?? Number.NaN;
      const middle = (of: (sink: Measured["sink"], all: number) => number) =>
        spreadOf(ours.counted.map(({ sink }) => of(sink, sumOf(sink.requests)))).median;
      const used = middle((sink, all) => (all - sink.refused) / cap / sink.seconds);
      const refused = middle((sink, all) => sink.refused / all);
      return {
        measured: `${percent(used)} used, ${percent(refused)} refused`,
        isReached: used >= 0.92 && refused < 0.02,
      };
    }),
    on(`kill -9 at a quarter: sent again ≤ files in flight (${inFlight})`, of("killed", whole), ({ runs }) => {
      const most = Math.max(...runs.map(({ sink }) => sink.sentAgain));
      return { measured: `${most} files`, isReached: most <= inFlight };
    }),
    on("one flipped byte in each 50th body: 0 undetected", of("flipped", whole), ({ runs }) => {
      const wrong = Math.max(...runs.map(({ verdict }) => verdict.wrong));
      const flipped = Math.min(...runs.map(({ sink }) => sink.flipped));
      return { measured: `${wrong} of ${flipped} undetected`, isReached: wrong === 0 && flipped > 0 };
    }),
    memory(results),
    on("one-file job: < 0.5 s once the host is up", of("one", whole), ({ seconds }) => ({
      measured: `${seconds.median.toFixed(2)} s`,
      isReached: seconds.median < 0.5,
    })),
  ];
}

// By the wall clock and by what the sink saw: AzCopy's wall has the two seconds in it at which it looks.
function faster(aim: string, ours: Figures | undefined, theirs: Figures | undefined, times: number): Aim {
  return onBoth(aim, ours, theirs, (one, other) => {
    const [wall, atSink] = [one.perSecond / other.perSecond, one.perSecondAtSink / other.perSecondAtSink];
    const measured = `${wall.toFixed(2)} × by wall clock, ${atSink.toFixed(2)} × at the sink`;
    return { measured, isReached: Math.min(wall, atSink) >= times };
  });
}

function perFile(aim: string, ours: Figures | undefined, files: number, side: "sink" | "source", most: number): Aim {
  return on(aim, ours, ({ sinkRequests, sourceRequests }) => {
    const each = (side === "sink" ? sinkRequests : sourceRequests) / files;
    return { measured: each.toFixed(3), isReached: each <= most + beside };
  });
}

function memory(results: readonly CaseResult[]): Aim {
  const all = results.flatMap((result) => {
    const figures = figuresOf(result, whole);
    return figures === undefined ? [] : [{ name: result.name, most: figures.peakMiB.most }];
  });
  const [top] = all.toSorted((a, b) => b.most - a.most);
  const aim = `memory of the process that copies: ≤ ${mostMemoryMiB} MiB in every case`;
  if (top === undefined) return { aim, measured: "not measured", isReached: undefined };
  return { aim, measured: `${top.most} MiB at most, in \`${top.name}\``, isReached: top.most <= mostMemoryMiB };
}

type Said = Omit<Aim, "aim">;

function on(aim: string, ours: Figures | undefined, say: (ours: Figures) => Said): Aim {
  return { aim, ...(ours === undefined ? { measured: "not measured", isReached: undefined } : say(ours)) };
}

function onBoth(
  aim: string,
  ours: Figures | undefined,
  theirs: Figures | undefined,
  say: (ours: Figures, theirs: Figures) => Said,
): Aim {
  return on(aim, ours, (one) =>
    theirs === undefined ? { measured: "the peer wasn't measured", isReached: undefined } : say(one, theirs),
  );
}

function better(peers: readonly (Figures | undefined)[]): Figures | undefined {
  const measured = peers.filter((peer) => peer !== undefined);
  return measured.toSorted((a, b) => a.seconds.median - b.seconds.median)[0];
}

// As bench/cases.ts lays it out: 500 files in each folder, and the root.
function foldersOfAgain(files: number): number {
  return Math.ceil(files / 500) + 1;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
