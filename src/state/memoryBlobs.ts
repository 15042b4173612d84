import { LakeError } from "../core/error.ts";
import type { Blobs } from "./blobs.ts";

/** Append blobs in memory. */
export function memoryBlobs(): Blobs {
  const stored = new Map<string, Buffer>();
  return {
    append: async (name, content, position) => {
      const there = stored.get(name);
      if (there === undefined && position > 0) throw missing("append", name);
      const length = there?.byteLength ?? 0;
      if (length > 0 && length === position + content.byteLength) return;
      if (length !== position) {
        throw new LakeError("conflict", { op: "blob append", path: name, detail: `the blob has ${length} bytes` });
      }
      stored.set(name, Buffer.concat([there ?? Buffer.alloc(0), content]));
    },
    read: async (name, offset, length) => {
      const there = stored.get(name);
      if (there === undefined) throw missing("read", name);
      return there.subarray(offset, offset + length);
    },
    removeUnder: async (prefix) => {
      for (const name of stored.keys()) if (name.startsWith(prefix)) stored.delete(name);
    },
  };
}

function missing(op: string, name: string): LakeError {
  return new LakeError("not-found", { op: `blob ${op}`, path: name, detail: "there is no such blob" });
}
