import type { Extra } from "../core/extra.ts";
import type { FileOutcome, FolderOutcome } from "../core/outcome.ts";
import type { Visitor } from "./visitor.ts";

/**
 * The visitor of a dry run: it works on a sink that isn't touched, so what it reports as done is the plan. The walk goes on
 * as if it had been done; the books and the journal say that it wasn't.
 */
export function planning(visitor: Visitor): Visitor {
  return {
    ...visitor,
    fileDone: (path, outcome) => visitor.fileDone(path, plannedFile(outcome)),
    folderDone: (path, outcome) => visitor.folderDone(path, plannedFolder(outcome)),
    extraDone: (folder, found) => visitor.extraDone(folder, found.map(plannedExtra)),
  };
}

function plannedFile(outcome: FileOutcome): FileOutcome {
  if (outcome.do !== "access") return outcome;
  const { carried: _, ...rest } = outcome;
  return { ...rest, do: "planned", plan: "access" };
}

function plannedFolder(outcome: FolderOutcome): FolderOutcome {
  if (outcome.do === "made") return { do: "planned", plan: "make", because: "absent" };
  const isMended = outcome.do === "found" && outcome.carried?.access === "set";
  return isMended ? { do: "planned", plan: "access", because: "access" } : outcome;
}

function plannedExtra({ item, outcome }: Extra): Extra {
  return { item, outcome: outcome.do === "deleted" ? { ...outcome, do: "planned" } : outcome };
}
