/** A task of the .NET side: open, or settled well or badly. Its value lives in the worker and is of no interest here. */
export type Future = { outcome: "ok" | "failed" | undefined; readonly waiting: (() => void)[] };

/** An unsettled future. */
export function future(): Future {
  return { outcome: undefined, waiting: [] };
}

/** A future that has ended well. */
export function settled(): Future {
  return { outcome: "ok", waiting: [] };
}

/** Settles once; whoever waits goes on before this returns, as with .NET's inline continuations. */
export function settle(target: Future, outcome: "ok" | "failed"): void {
  if (target.outcome !== undefined) return;
  target.outcome = outcome;
  for (const next of target.waiting.splice(0)) next();
}

/** Task.WhenAll: waits for every member, even after one has failed. */
export function whenAll(members: readonly Future[]): Future {
  const whole = future();
  let open = members.length;
  const check = (): void => {
    open--;
    if (open === 0) settle(whole, members.every(({ outcome }) => outcome === "ok") ? "ok" : "failed");
  };
  for (const member of members) onSettled(member, check);
  return whole;
}

/** Task.WhenAny: settles well with the first member, however that one ended. */
export function whenAny(members: readonly Future[]): Future {
  const first = future();
  for (const member of members) onSettled(member, () => settle(first, "ok"));
  return first;
}

/** Runs a coroutine that yields the futures it awaits; a failed one comes back as "failed", not as an exception. */
export function spawn(routine: Generator<Future, "ok" | "failed", "ok" | "failed">): Future {
  const whole = future();
  const resume = (outcome: "ok" | "failed"): void => {
    let step = routine.next(outcome);
    while (!step.done) {
      const awaited = step.value;
      if (awaited.outcome === undefined) {
        awaited.waiting.push(() => resume(awaited.outcome ?? "ok"));
        return;
      }
      step = routine.next(awaited.outcome);
    }
    settle(whole, step.value);
  };
  resume("ok");
  return whole;
}

function onSettled(member: Future, then: () => void): void {
  if (member.outcome === undefined) member.waiting.push(then);
  else then();
}
