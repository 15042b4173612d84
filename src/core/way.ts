import type { SinkItem } from "./entry.ts";
import { whyGen2Refuses } from "./names.ts";
import { type LakePath, pathFrom, rebasePath, rootPath, splitPath } from "./path.ts";
import { acceptedName, type NameRule, sourceName } from "./rename.ts";

/** Where a run's paths go: the source's root becomes the sink's, and names under it become what the rule makes of them. */
export type Way = {
  /** Where a path of the source is at the sink. No two paths of the source meet. */
  readonly moved: (path: LakePath) => LakePath;
  /** Why Gen2 can't hold it there; a renamed path may still be too long or too deep. */
  readonly refusal: (path: LakePath) => string | undefined;
  /** The same for a path with a name that is another there; undefined for others. */
  readonly renamed: (path: LakePath) => LakePath | undefined;
  /** The last name of a path, if the sink has another for it. */
  readonly nameOf: (path: LakePath) => string | undefined;
  /** The sink's name for a name of the source. */
  readonly nameAt: (name: string) => string;
  /** Undoes nameAt; undefined for what is no result of it. */
  readonly sourceOf: (name: string) => string | undefined;
  /** What stands at the sink, as ours only if it was made of an item of this name: else it may be another one's content. */
  readonly known: (path: LakePath, there: SinkItem) => SinkItem;
};

type Asked = {
  readonly names: NameRule;
  readonly source: { readonly folderPath: string };
  readonly sink: { readonly folderPath: string };
};

/** The way of a request. */
export function wayOf({ names, source, sink }: Asked): Way {
  const [from, to] = [pathFrom(source.folderPath), pathFrom(sink.folderPath)];
  const isRenaming = names === "rename";
  const nameAt = (name: string) => (isRenaming ? acceptedName(name) : name);

  function moved(path: LakePath): LakePath {
    if (!isRenaming) return rebasePath(path, from, to);
    const names = rebasePath(path, from, rootPath).split("/");
    return rebasePath(names.map(acceptedName).join("/") as LakePath, rootPath, to);
  }

  function nameOf(path: LakePath): string | undefined {
    if (path === from) return undefined;
    const { name } = splitPath(path);
    return nameAt(name) === name ? undefined : name;
  }

  return {
    moved,
    renamed: (path) => {
      const there = isRenaming ? moved(path) : undefined;
      return there === rebasePath(path, from, to) ? undefined : there;
    },
    refusal: (path) => whyGen2Refuses(moved(path)),
    nameOf,
    nameAt,
    sourceOf: (name) => (isRenaming ? sourceName(name) : name),
    known: (path, there) => {
      if (there.origin === undefined || there.origin.name === nameOf(path)) return there;
      const { origin: _, ...foreign } = there;
      return foreign;
    },
  };
}
