type Trap = { readonly pattern: RegExp; readonly because: string };

const traps: readonly Trap[] = [
  {
    pattern: /\bTask\s*\.\s*any\b|\.any\s*\(/,
    because: "a task in a second Task.any is scheduled again and results drift",
  },
  { pattern: /\bretryTimeoutInMilliseconds\b/, because: "an instance that exceeds it hangs for ever" },
  { pattern: /\bcallSubOrchestrator/, because: "children are not de-duplicated, nor reached by terminate" },
  { pattern: /\bDate\s*\.\s*now\b|\bnew\s+Date\s*\(\s*\)|\bperformance\b/, because: "time is df.currentUtcDateTime" },
  {
    pattern: /\bMath\s*\.\s*random\b|\brandomUUID\b|\bcrypto\b/,
    because: "chance differs at each replay; use df.newGuid",
  },
  { pattern: /\basync\b|\bawait\b|\bPromise\b/, because: "an orchestrator yields tasks and nothing else" },
  { pattern: /\bfetch\s*\(|\bcallHttp\b|["']node:/, because: "I/O belongs into an activity" },
  { pattern: /\bprocess\s*\./, because: "settings may change between replays; hand them in as input" },
  { pattern: /\bset(?:Timeout|Interval|Immediate)\b/, because: "only df.createTimer survives a replay" },
  {
    pattern: /\b(?:callEntity|signalEntity)\b/,
    because: "rows are the truth here, and yielding a signal fails the instance",
  },
  { pattern: /\bTimestamp\s*[:?]/, because: "the library turns every string field of that name into a Date" },
];

const retryInCompound = {
  pattern: /WithRetry\b[\s\S]*\.all\s*\(|\.all\s*\([\s\S]*WithRetry\b/,
  because: "a retry that is open when Task.all rejects makes later results drift",
};

/** The durable traps in one orchestrator's source, each with its reason. Comments do not count. */
export function trapsIn(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(?<![:"'])\/\/.*$/gm, "");
  return [...traps, retryInCompound].flatMap(({ pattern, because }) => {
    const found = pattern.exec(code)?.[0].split("\n")[0];
    return found === undefined ? [] : [`${found}: ${because}`];
  });
}
