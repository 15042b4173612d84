import type { Sink } from "../lake/lake.ts";

/** The sink of a run that is of the source only: nothing stands there, and whoever writes there is wrong. */
export const nowhere: Sink = {
  makeFileSystem: never,
  stat: async () => undefined,
  list: async () => ({ entries: [] }),
  read: never,
  makeFolder: never,
  putFile: never,
  stageBlock: never,
  commitBlocks: never,
  getAccess: never,
  setAccess: never,
  remove: never,
  setExpiry: never,
};

async function never(): Promise<never> {
  throw new Error("this run has no sink");
}
