import { type Store, StoreRefusal } from "../../local/gen1/store.ts";
import type { ComputedLake } from "./lake.ts";

const folderMs = Date.UTC(2020, 0);

/** A computed lake as a store of the Gen1 emulator; it can only be read. */
export function computedStore(lake: ComputedLake): Store {
  const folder = { kind: "folder", bytes: 0, ...timesAt(folderMs) } as const;
  const stat = (path: string) => {
    if (lake.isFolder(path)) return folder;
    const file = lake.fileAt(path);
    return file && ({ kind: "file", bytes: file.bytes, ...timesAt(file.modifiedMs) } as const);
  };
  const refuse = () => {
    throw new StoreRefusal("a computed lake can only be read");
  };
  return {
    stat,
    children: async (path) => ({
      names: lake.namesIn(path) ?? [],
      node: (name) => stat(path === "/" ? `/${name}` : `${path}/${name}`),
    }),
    read: (path, offset, length) => {
      const file = lake.fileAt(path);
      if (file === undefined) throw new Error(`${path} is no file`);
      return lake.contentOf(file).subarray(offset, offset + length);
    },
    summary: (path) => (path === "/" ? { folders: lake.folders, files: lake.files, bytes: lake.bytes } : undefined),
    makeFolder: refuse,
    makeFile: refuse,
    append: async () => refuse(),
    remove: async () => refuse(),
    rename: refuse,
    setTimes: refuse,
    warnings: () => [],
  };
}

function timesAt(ms: number) {
  return { modifiedMs: ms, accessedMs: ms, createdMs: ms };
}
