import { isKind } from "../core/error.ts";
import { rootPath } from "../core/path.ts";
import type { Sink } from "../lake/lake.ts";

/** The same sink for a dry run: it answers as if everything that changes it had been done, and nothing is. */
export function untouched(sink: Sink): Sink {
  return {
    ...sink,
    makeFileSystem: async (_label, signal) => {
      try {
        await sink.list(rootPath, {}, signal);
        return "found";
      } catch (error) {
        if (!isKind(error, "not-found")) throw error;
        return "made";
      }
    },
    stat: async (path, signal) => {
      try {
        return await sink.stat(path, signal);
      } catch (error) {
        // The file system isn't there either.
        if (!isKind(error, "not-found")) throw error;
        return undefined;
      }
    },
    makeFolder: async (path, _label, signal) => (await sink.stat(path, signal)) ?? "made",
    putFile: async () => ({ md5: "", etag: "" }),
    stageBlock: async () => {
      throw new Error("a dry run sends no blocks");
    },
    commitBlocks: async () => ({ etag: "" }),
    setAccess: async () => undefined,
    setExpiry: async () => undefined,
    remove: async () => undefined,
  };
}
