import { inheritedAccess, ROOT_ACCESS } from "./access.ts";
import { DEFAULT_TYPE } from "./describe.ts";
import type { Found } from "./folder-cache.ts";
import { SUPERUSER } from "./lake.ts";
import type { FolderItem, Item } from "./store.ts";

/** Describes files and folders that appeared without the emulator as if they had just been created with default access. */
export function adopting(newEtag: () => string): (folder: FolderItem | undefined, found: Found) => Item {
  return (folder, { kind, bytes, modifiedMs }) => {
    const common = {
      etag: newEtag(),
      createdMs: modifiedMs,
      modifiedMs,
      owner: SUPERUSER,
      group: folder?.group ?? SUPERUSER,
      ...(folder === undefined ? ROOT_ACCESS : inheritedAccess(folder, kind)),
      metadata: {},
    };
    if (kind === "folder") return { kind, ...common };
    return {
      kind,
      ...common,
      bytes,
      headers: { "content-type": DEFAULT_TYPE },
      md5: undefined,
      expiresMs: undefined,
      tier: undefined,
      writer: "blob",
      blocks: [],
    };
  };
}
