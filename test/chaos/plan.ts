import { type BlockSizes, blockSizes } from "../../src/core/blocks.ts";
import type { Pace } from "../../src/ferry/ferry.ts";
import { type Dice, diceOf } from "./dice.ts";
import type { HubPlan } from "./hub.ts";
import { type Harm, type Spell, type StoreName, stores, type Weather } from "./network.ts";

/** Something that happens to a run, so many milliseconds after what happened before. */
export type Event = {
  readonly afterMs: number;
  readonly do:
    | "kill"
    | "freeze"
    | "close"
    | "jump"
    | "pause"
    | "cancel"
    | "terminate"
    | "lose"
    | "hide"
    | "stick"
    | "forget"
    | "mutate";
};

/** All that a seed decides beforehand. */
export type Plan = {
  readonly seed: string;
  readonly pace: Pace;
  readonly sizes: BlockSizes;
  readonly memoryBytes: number;
  readonly files: number;
  readonly parallelism: "auto" | number;
  readonly pageSize: number;
  readonly weather: Weather;
  readonly hub: HubPlan;
  readonly events: readonly Event[];
  /** Of each reading of a file: to be overwritten in its midst, with as many other bytes. */
  readonly scribble: number;
  readonly lake: LakePlan;
};

/** What the lakes hold at first. */
export type LakePlan = {
  readonly files: number;
  readonly folders: number;
  /** Of each file: to be at the sink already, and how. */
  readonly there: number;
  /** Of each file and folder: to have owners, ACLs and an expiry of its own. */
  readonly rights: number;
  /** Most of those belong to whoever writes at the sink. */
  readonly isMakers: boolean;
  /** A file of several blocks. */
  readonly hasLarge: boolean;
  /** Names that Gen2 refuses, files in the way of folders and the other way round. */
  readonly hasRefused: boolean;
  /** A file that kills whoever reads it; one that is denied; one that is never served. */
  readonly poison: boolean;
  readonly denied: boolean;
  readonly unserved: boolean;
  /** The request takes a part of the lake only. */
  readonly isPart: boolean;
  /** The request takes folders and files that a list names. */
  readonly isListed: boolean;
};

/** Parts of chaos; a seed has each of them or not. */
type Flavour = "weather" | "deaths" | "doubles" | "freezes" | "commands" | "hubless" | "changes" | "amnesia" | "jumps";

/**
 * The plan of a seed. Lakes that do wrong things by themselves need no bad weather before them; some flavours may be
 * wanted in any case.
 */
export function planOf(seed: string, rough: readonly StoreName[] = stores, wanted: readonly Flavour[] = []): Plan {
  const dice = diceOf(seed);
  const flavours = new Set([...flavoursOf(dice.fork("flavours")), ...wanted]);
  const sizes = sizesOf(dice.fork("sizes"));
  const lake = lakeOf(dice.fork("lake"), flavours);
  return {
    seed,
    pace: paceOf(dice.fork("pace")),
    sizes,
    memoryBytes: dice.pick([16, 64]) * 1024 * 1024,
    files: dice.between(1, 8),
    parallelism: dice.pick(["auto", "auto", 1, 2, 7]),
    pageSize: dice.pick([1, 2, 3, 7, 20, 4000]),
    weather: weatherOf(dice.fork("weather"), flavours.has("weather") ? rough : []),
    hub: hubOf(dice.fork("hub"), flavours.has("doubles")),
    events: eventsOf(dice.fork("events"), flavours),
    scribble: flavours.has("changes") ? dice.fork("scribble").pick([0, 0.02, 0.1, 0.4]) : 0,
    // A large file has a row, a packet and a hundred requests of its own: few of them say as much.
    lake: sizes === blockSizes ? lake : { ...lake, files: Math.min(lake.files, 60) },
  };
}

// Files of a few bytes may be large ones here: they travel as ranges of blocks.
function sizesOf(dice: Dice): BlockSizes {
  if (dice.chance(0.5)) return blockSizes;
  const leastBytes = dice.pick([1, 4, 16]);
  return {
    largeFileBytes: dice.pick([10, 40, 100]),
    bytesFor: (_path, bytes) => Math.max(leastBytes, Math.ceil(bytes / 40)),
    // Eight of the smallest blocks, fewer of larger ones.
    bytesPerRead: 8 * leastBytes,
  };
}

function flavoursOf(dice: Dice): ReadonlySet<Flavour> {
  // Some seeds know nothing but deaths, so that what was sent twice can be counted.
  if (dice.chance(0.15)) return new Set(["deaths"]);
  const chances: readonly (readonly [Flavour, number])[] = [
    ["weather", 0.75],
    ["deaths", 0.7],
    ["doubles", 0.5],
    ["freezes", 0.4],
    ["commands", 0.4],
    ["hubless", 0.35],
    ["changes", 0.35],
    ["amnesia", 0.15],
    ["jumps", 0.2],
  ];
  return new Set(chances.filter(([, chance]) => dice.chance(chance)).map(([flavour]) => flavour));
}

function paceOf(dice: Dice): Pace {
  // Longer than it takes to find a packet in a table that is slow and answers page by page.
  const waveMs = dice.pick([5000, 10_000, 20_000, 60_000]);
  return {
    listings: dice.between(1, 5),
    saveMs: dice.pick([100, 500, 1000, 3000]),
    pulseMs: dice.pick([250, 1000, 2000]),
    graceMs: dice.pick([0, 500, 5000, 10_000]),
    // Longer than all tries of a request take: a name that is cut off in the middle of them is never given up.
    deadlineGraceMs: dice.pick([300_000, 1_200_000]),
    pollMs: dice.pick([100, 500]),
    giveMs: dice.pick([200, 1000, 5000]),
    starvedMs: dice.pick([1000, 5000]),
    lookMs: dice.pick([2000, 5000, waveMs]),
    firstWaveMs: dice.pick([5000, waveMs]),
    waveMs,
    keeperGraceMs: dice.pick([1000, 10_000, 60_000]),
    stallMs: dice.pick([500, 2000]),
  };
}

function weatherOf(dice: Dice, rough: readonly StoreName[]): Weather {
  const hopMs = dice.pick([5, 40, 150]);
  if (rough.length === 0) return { spells: [], echo: 0, crawl: 0, hopMs };
  const harms: readonly Harm[] = ["throttled", "broken", "unsent", "unheard", "late"];
  const always = rough.flatMap((store): readonly Spell[] =>
    dice.chance(0.6)
      ? [{ store, harm: dice.pick(harms), chance: dice.pick([0.01, 0.05, 0.15]), fromMs: 0, toMs: 86_400_000 }]
      : [],
  );
  const bursts = Array.from({ length: dice.between(0, 6) }, (): Spell => {
    const fromMs = dice.between(0, 60_000);
    const store = dice.pick(rough);
    return {
      store,
      harm: dice.pick(harms),
      chance: dice.pick([0.3, 0.8, 1]),
      fromMs,
      toMs: fromMs + dice.between(500, 40_000),
    };
  });
  return { spells: [...bursts, ...always], echo: dice.pick([0, 0.02, 0.1]), crawl: dice.pick([0, 0, 0.01]), hopMs };
}

function hubOf(dice: Dice, isDoubling: boolean): HubPlan {
  return {
    machines: dice.between(1, 3),
    slots: dice.pick([1, 3, 10, 100]),
    double: isDoubling ? dice.pick([0.1, 0.4, 1]) : 0,
    give: dice.pick([0, 0.5, 1]),
    leaseMs: dice.pick([2000, 10_000, 30_000]),
    keeperMs: dice.pick([5000, 20_000, 60_000]),
  };
}

const eventsBy: Readonly<Partial<Record<Flavour, readonly Event["do"][]>>> = {
  deaths: ["kill", "kill", "kill", "close"],
  freezes: ["freeze", "freeze"],
  commands: ["pause", "pause", "pause", "cancel"],
  hubless: ["terminate", "lose", "hide", "stick"],
  changes: ["mutate", "mutate", "mutate", "mutate"],
  amnesia: ["forget"],
  jumps: ["jump"],
};

function eventsOf(dice: Dice, flavours: ReadonlySet<Flavour>): readonly Event[] {
  const kinds = [...flavours].flatMap((flavour) => eventsBy[flavour] ?? []);
  if (kinds.length === 0) return [];
  const mostMs = dice.pick([500, 2000, 10_000]);
  return Array.from({ length: dice.between(1, 14) }, () => ({
    afterMs: dice.between(0, mostMs),
    do: dice.pick(kinds),
  }));
}

function lakeOf(dice: Dice, flavours: ReadonlySet<Flavour>): LakePlan {
  const isOdd = dice.chance(0.4);
  return {
    files: dice.pick([1, 10, 40, 120, 250]),
    folders: dice.pick([0, 3, 15, 40]),
    there: dice.pick([0, 0, 0.1, 0.5]),
    hasLarge: dice.chance(0.1),
    hasRefused: isOdd && dice.chance(0.6),
    poison: isOdd && flavours.has("deaths") && dice.chance(0.3),
    denied: isOdd && dice.chance(0.4),
    unserved: isOdd && dice.chance(0.3),
    isPart: dice.chance(0.15),
    isListed: dice.fork("list").chance(0.2),
    rights: dice.fork("rights").pick([0, 0.5, 1]),
    isMakers: dice.fork("makers").chance(0.5),
  };
}
