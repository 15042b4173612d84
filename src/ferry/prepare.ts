import type { Cut, Past } from "../core/cut.ts";
import type { Entry } from "../core/entry.ts";
import type { ListRange } from "../core/nameList.ts";
import { isKind, LakeError } from "../core/error.ts";
import type { NameList } from "../core/nameList.ts";
import { childPath, type LakePath, pathFrom, rootPath } from "../core/path.ts";
import { intervalsOf, type MigrationRequest } from "../core/request.ts";
import type { Sink, Source } from "../lake/lake.ts";
import type { Crossing } from "./copy.ts";

/**
 * Looks at both roots and makes the sink's, before a run's first slice; resolves to all the work there is, and to the time
 * of it by the source's own clock. The source
 * is looked at first, so that a run that can't begin creates nothing. May be repeated.
 */
export async function prepare(
  run: string,
  request: MigrationRequest,
  source: Source,
  sink: Sink,
  { access, labels }: Pick<Crossing, "access" | "labels">,
  list: NameList | undefined,
): Promise<{ readonly cut: Cut; readonly sourceMs?: number | undefined }> {
  const folder = pathFrom(request.source.folderPath);
  const { sourceMs, ...there } = await checkSource(source, request);
  const to = pathFrom(request.sink.folderPath);
  const listed = await list?.whole();
  const means = { run, request, source, sink, access, labels };
  const past = request.mode === "access" ? await findRoot(means, folder, to) : await makeRoot(means, folder, there, to);
  return { cut: wholeCut(request, past, listed), sourceMs };
}

/** The same for a run that is of the source only. */
export async function prepareSource(request: MigrationRequest, source: Source, list: NameList | undefined) {
  const { sourceMs } = await checkSource(source, request);
  return { cut: wholeCut(request, undefined, await list?.whole()), sourceMs };
}

/** All that a request selects; `listed`: the list that says so. */
export function wholeCut(request: MigrationRequest, past?: Past, listed?: ListRange): Cut {
  const folder = pathFrom(request.source.folderPath);
  const { fileName } = request.source;
  if (fileName !== undefined) return { ranges: [], open: [childPath(folder, fileName)] };
  if (listed !== undefined) return { ranges: [], open: [], lists: [listed] };
  const about = past === undefined ? {} : { past };
  return { ranges: intervalsOf(request).map((interval) => ({ folder, ...interval, ...about })), open: [] };
}

async function checkSource(
  source: Source,
  request: MigrationRequest,
): Promise<Entry & { readonly sourceMs?: number | undefined }> {
  const { connection, fileName } = request.source;
  const folder = pathFrom(request.source.folderPath);
  const path = fileName === undefined ? folder : childPath(folder, fileName);
  const wanted = fileName === undefined ? "folder" : "file";
  const refuse = (detail: string, cause?: unknown) => {
    const kind = isKind(cause, "denied") ? "denied" : isKind(cause, "not-found") ? "not-found" : "invalid";
    return new LakeError(kind, { op: "prepare", path, detail, cause });
  };
  try {
    const there = await source.stat(path);
    if (there.kind !== wanted) {
      const hint = wanted === "folder" ? "give its name as source.fileName" : "give it as source.folderPath";
      throw refuse(`the source ${path} in ${connection} is a ${there.kind}, not a ${wanted}; ${hint}`);
    }
    // Nothing of the run has been listed yet: what is changed from now on may escape it.
    const first = wanted === "folder" ? await source.list(path, undefined) : undefined;
    return { ...there, sourceMs: first?.atMs };
  } catch (error) {
    if (isKind(error, "not-found")) {
      throw refuse(`the source ${wanted} ${path} does not exist in ${connection}`, error);
    }
    if (isKind(error, "denied") && error.op !== "prepare") {
      const right = wanted === "folder" ? "Read and Execute on it" : "Read on it";
      throw refuse(
        `no permission to read ${path} in ${connection}: the app's identity needs ${right} and Execute on every folder above, or the super-user role (${error.detail})`,
        error,
      );
    }
    throw error;
  }
}

type Means = Pick<Crossing, "run" | "source" | "sink" | "access" | "labels"> & { readonly request: MigrationRequest };

// Where nothing is copied nothing is made either.
async function findRoot({ request, source, sink, access }: Means, from: LakePath, to: LakePath): Promise<undefined> {
  const there = await sink.stat(to);
  try {
    // The root of a file system is said to stand there even without one.
    if (there?.kind === "folder") await sink.getAccess(to);
  } catch (error) {
    if (!isKind(error, "not-found")) throw error;
    throw missingRoot(request, to);
  }
  if (there?.kind !== "folder") throw missingRoot(request, to);
  if (request.preserveRoot) await access.mend(from, to, await source.stat(from), there, "full");
}

function missingRoot({ sink: { connection, fileSystem } }: MigrationRequest, to: LakePath): LakeError {
  const detail = `there is no sink folder ${to} in file system ${fileSystem} of ${connection}; mode "access" sets right what stands there, so copy first`;
  return new LakeError("not-found", { op: "prepare", path: to, detail });
}

// A root that stood there before this run keeps its access, unless the request says otherwise.
async function makeRoot(means: Means, from: LakePath, looked: Entry, to: LakePath): Promise<Past | undefined> {
  const { run, request, source, sink, access, labels } = means;
  const { connection, fileSystem } = request.sink;
  const place = `${to} in file system ${fileSystem} of ${connection}`;
  try {
    const label = labels.folder(from, looked.modifiedMs);
    const madeFileSystem = await sink.makeFileSystem(label);
    const there = await sink.stat(to);
    if (there?.kind === "file") {
      throw new LakeError("conflict", {
        op: "prepare",
        path: to,
        detail: `the sink folder ${place} is a file; remove it or choose another sink folder`,
      });
    }
    // An execution of this step that was lost may have made it.
    const isOurs = there === undefined || there.origin?.run === run;
    const entry = looked.kind === "folder" ? looked : await source.stat(from);
    if (there !== undefined && to === rootPath) {
      if (isOurs || request.preserveRoot) await access.mend(from, to, entry, there, "full");
      return madeFileSystem === "made" ? "fresh" : isOurs ? "made" : undefined;
    }
    if (!isOurs && !request.preserveRoot) return undefined;
    const wanted = await access.wanted(from, entry);
    const { found } = await access.makeFolder(to, wanted, (given) =>
      sink.makeFolder(to, given === undefined ? label : { ...label, access: given }),
    );
    return found === undefined ? "fresh" : there !== undefined && isOurs ? "made" : undefined;
  } catch (error) {
    if (isKind(error, "conflict") && error.op !== "prepare") {
      throw new LakeError("conflict", {
        op: "prepare",
        path: to,
        detail: `the sink folder ${place} can't be made: a file stands in its place or above it; remove it or choose another sink folder (${error.detail})`,
        cause: error,
      });
    }
    if (!isKind(error, "denied")) throw error;
    throw new LakeError("denied", {
      op: "prepare",
      path: to,
      detail: `no permission to write ${place}: the app's identity needs the role Storage Blob Data Contributor (${error.detail})`,
      cause: error,
    });
  }
}
