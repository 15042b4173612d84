import { budget } from "../core/budget.ts";
import { LakeError } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import type { Source } from "../lake/lake.ts";
import { isSent } from "../core/outcome.ts";
import { listedAs } from "./hash.ts";
import type { Visitor } from "./visitor.ts";

/**
 * A walk through a packet that loses its workers: one name at a time, each written down by `note` before it is started,
 * so that the next worker knows which one it was. What was sent is looked at again at once, as it must count before the
 * next name is started. The condemned name is given up without being touched.
 */
export function narrowed(
  source: Source,
  visitor: Visitor,
  note: (path: LakePath) => Promise<void>,
  condemned: string | undefined,
): { readonly source: Source; readonly visitor: Visitor } {
  const turn = budget(1);

  async function alone<T>(path: LakePath, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
    const release = await turn.take(1, signal);
    try {
      if (path !== condemned) await note(path);
      return await act();
    } finally {
      release();
    }
  }

  function givenUp(op: string, path: LakePath): LakeError {
    return new LakeError("unprocessable", {
      op,
      path,
      detail: "every worker that began with this name was lost; look at it, and run again",
    });
  }

  return {
    source: {
      ...source,
      list: (folder, after, signal, most) =>
        alone(folder, signal, async () => {
          if (folder === condemned) throw givenUp("LISTSTATUS", folder);
          return source.list(folder, after, signal, most);
        }),
    },
    visitor: {
      ...visitor,
      folder: (path, entry, mayBeOurs, there, signal) =>
        alone(path, signal, async () => {
          if (path !== condemned) return visitor.folder(path, entry, mayBeOurs, there, signal);
          const { kind, op, detail } = givenUp("makeFolder", path);
          return { do: "failed", failure: { kind, op, path, detail } };
        }),
      listed: (item, _, signal) =>
        alone(item.text as LakePath, signal, async () => {
          if (item.text !== condemned) {
            const outcome = await visitor.listed(item, visitor, signal);
            if (outcome === "postponed" || !("file" in outcome) || !isSent(outcome.file)) return outcome;
            const file = await visitor.confirm(outcome.path, outcome.file, signal);
            return file === "postponed" ? file : { path: outcome.path, file };
          }
          const path = item.text as LakePath;
          const { kind, op, detail } = givenUp("copy", path);
          return { path, file: { do: "failed", failure: { kind, op, path, detail }, ...listedAs(path, undefined) } };
        }),
      blocks: (run, means, signal) =>
        alone(run.path, signal, async () => {
          if (run.path !== condemned) return visitor.blocks(run, means, signal);
          const { kind, op, path, detail } = givenUp("copy", run.path);
          return visitor.blocks(run, { ...means, givenUp: { kind, op, path, detail } }, signal);
        }),
      file: (path, entry, there, signal) =>
        alone(path, signal, async () => {
          if (path !== condemned) {
            const outcome = await visitor.file(path, entry, there, signal);
            return isSent(outcome) ? visitor.confirm(path, outcome, signal) : outcome;
          }
          const { kind, op, detail } = givenUp("copy", path);
          return { do: "failed", failure: { kind, op, path, detail }, ...listedAs(path, entry) };
        }),
    },
  };
}
