import type { Clock } from "../core/clock.ts";
import { failureOf, isKind, isLakeError, LakeError } from "../core/error.ts";
import { childPath, type LakePath, pathFrom } from "../core/path.ts";
import { wayOf } from "../core/way.ts";
import type { MigrationRequest } from "../core/request.ts";
import type { Gen2Probe } from "../lake/gen2Probe.ts";
import type { Sink, Source } from "../lake/lake.ts";

/** What one look found, and what to do about it. */
export type Check = {
  readonly name: string;
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly detail: string;
  readonly fix?: string;
};

/** What is looked at. */
export type Ground = {
  readonly request: MigrationRequest;
  readonly source: Source;
  readonly sink: Sink;
  readonly probe: Gen2Probe;
  readonly clock: Clock;
  /** Names the scratch folder; unlike any other. */
  readonly id: string;
};

const skewWarningMs = 60_000;
// Services refuse signatures that are further off.
const skewFailedMs = 15 * 60_000;

/** Looks at the source as a migration would. Changes nothing. */
export async function sourceChecks({ request, source, clock }: Ground): Promise<readonly Check[]> {
  const folder = pathFrom(request.source.folderPath);
  const { connection, fileName } = request.source;
  const checks: Check[] = [];
  let firstFile: { readonly path: LakePath; readonly bytes: number } | undefined;
  checks.push(
    await look("source.list", rightsAtSource(connection), async () => {
      const before = clock.nowMs();
      const { entries, atMs } = await source.list(folder, undefined);
      if (atMs !== undefined) checks.push(clockCheck("source.clock", atMs, before, clock.nowMs()));
      const file = entries.find(({ kind, name }) => kind === "file" && (fileName === undefined || name === fileName));
      if (file !== undefined) firstFile = { path: childPath(folder, file.name), bytes: file.bytes };
      checks.push(
        nameCheck(
          request,
          folder,
          entries.map(({ name }) => name),
        ),
      );
      return `${folder} in ${connection} was listed: ${entries.length} names on its first page`;
    }),
  );
  const file = firstFile;
  checks.push(
    file === undefined
      ? skipped("source.read", "no file on the first page to try")
      : await look("source.read", rightsAtSource(connection), async () => {
          const wanted = Math.min(file.bytes, 1);
          if (wanted > 0) await source.read(file.path, 0, wanted, () => undefined);
          return `${file.path} was read`;
        }),
  );
  checks.push(
    needsAccess(request)
      ? await look("source.access", rightsAtSource(connection), async () => {
          await source.getAccess(folder, "ids");
          return `owner and ACL of ${folder} were read`;
        })
      : skipped("source.access", "the request preserves no access"),
  );
  return checks;
}

/** Looks at the sink, and tries in a scratch folder what a migration does there; the folder is removed. */
export async function sinkChecks(ground: Ground): Promise<readonly Check[]> {
  const { request, probe, clock } = ground;
  const { connection, fileSystem } = request.sink;
  const checks: Check[] = [];
  checks.push(
    await look("sink.hierarchical", hnsFix, async () => {
      const isHierarchical = await probe.isHierarchical();
      if (isHierarchical === false) throw refused("the account has no hierarchical namespace", connection);
      return isHierarchical === undefined
        ? "the identity may not ask; the next checks tell"
        : "the account has a hierarchical namespace";
    }),
  );
  let isThere = false;
  checks.push(
    await look("sink.fileSystem", rightsAtSink(connection), async () => {
      const holds = await probe.holds();
      isThere = holds !== undefined;
      if (holds === undefined)
        return `${fileSystem} isn't there; a migration makes it, which needs a role on the whole account`;
      if (holds.hasImmutabilityPolicy || holds.hasLegalHold) {
        throw refused(
          `${fileSystem} has ${holds.hasLegalHold ? "a legal hold" : "an immutability policy"}: files can be written, and never again`,
          connection,
        );
      }
      return `${fileSystem} is there${holds.isLeased ? ", leased, which keeps it from being deleted only" : ""}`;
    }),
  );
  if (!isThere)
    return [
      ...checks,
      ...["sink.clock", "sink.write", "sink.access"].map((name) => skipped(name, "the file system isn't there yet")),
    ];
  const before = clock.nowMs();
  checks.push(
    await look("sink.clock", "", async () => {
      const atMs = await probe.nowMs();
      if (atMs === undefined) return "the sink doesn't tell its time";
      const check = clockCheck("sink.clock", atMs, before, clock.nowMs());
      if (check.status !== "ok") throw refused(check.detail, connection);
      return check.detail;
    }),
  );
  return [...checks, ...(await scratchChecks(ground))];
}

async function scratchChecks({ request, sink, probe, id, clock }: Ground): Promise<readonly Check[]> {
  const { connection } = request.sink;
  const scratch = pathFrom(`/.lakeferry-preflight-${id}`);
  const file = childPath(scratch, "file");
  const label = { run: `preflight-${id}`, bytes: 1, modifiedMs: clock.nowMs() };
  try {
    const write = await look("sink.write", rightsAtSink(connection), async () => {
      await sink.makeFolder(scratch, label);
      await sink.putFile(file, new Uint8Array([1]), label, { replaces: "nothing" });
      let read = 0;
      await sink.read(file, 0, 1, (chunk) => {
        read += chunk.byteLength;
        return undefined;
      });
      if (read !== 1) throw refused("what was written was not read back", connection);
      return "a folder and a file were written, read and found";
    });
    if (write.status !== "ok") return [write, skipped("sink.access", "nothing could be written to try it on")];
    if (!needsAccess(request)) return [write, skipped("sink.access", "the request preserves no access")];
    const access = await look("sink.access", accessFix, async () => {
      const { group, acl } = await sink.getAccess(file);
      const owner = "00000000-0000-0000-0000-000000000001";
      await sink.setAccess(
        file,
        { ...(request.preserve.includes("Owner") ? { owner } : {}), group, rights: { by: "acl", acl } },
        undefined,
      );
      return "owner, group and ACL of a file were set";
    });
    return [write, access];
  } finally {
    await probe.removeFolder(scratch).catch(() => undefined);
  }
}

/** Throws LakeError "invalid" naming the first check that failed, and what to do about it. */
export function refuseFailed(checks: readonly Check[], path: string): void {
  const failed = checks.find(({ status }) => status === "failed");
  if (failed === undefined) return;
  const fix = failed.fix === undefined ? "" : `; ${failed.fix}`;
  throw new LakeError("invalid", { op: "preflight", path, detail: `${failed.name}: ${failed.detail}${fix}` });
}

function needsAccess({ preserve }: MigrationRequest): boolean {
  return preserve.some((what) => what === "ACL" || what === "Owner" || what === "Group");
}

async function look(name: string, fix: string, ask: () => Promise<string>): Promise<Check> {
  try {
    return { name, status: "ok", detail: await ask() };
  } catch (error) {
    // A store that is away for a moment is no verdict.
    const isAway = isKind(error, "unavailable") || isKind(error, "throttled");
    if (!isLakeError(error)) throw error;
    const { detail } = failureOf(error, name, "/");
    return { name, status: isAway ? "warning" : "failed", detail, ...(fix === "" || isAway ? {} : { fix }) };
  }
}

function skipped(name: string, detail: string): Check {
  return { name, status: "skipped", detail };
}

function refused(detail: string, path: string): LakeError {
  return new LakeError("invalid", { op: "preflight", path, detail });
}

// The service tells whole seconds, some time between the question and the answer.
function clockCheck(name: string, atMs: number, beforeMs: number, afterMs: number): Check {
  const skewMs = atMs + 1000 < beforeMs ? beforeMs - atMs - 1000 : Math.max(0, atMs - afterMs);
  const detail = `the clocks differ by ${Math.round(skewMs / 1000)} s`;
  if (skewMs < skewWarningMs) return { name, status: "ok", detail };
  const fix = "set the clock of this machine; on Azure, restart the function app";
  return { name, status: skewMs < skewFailedMs ? "warning" : "failed", detail, fix };
}

function nameCheck(request: MigrationRequest, folder: LakePath, names: readonly string[]): Check {
  const way = wayOf(request);
  const wrong = names.flatMap((name) => {
    const path = childPath(folder, name);
    const why = way.refusal(path);
    return why === undefined ? [] : [`${way.moved(path)}: ${why}`];
  });
  if (wrong.length === 0)
    return { name: "names", status: "ok", detail: `the ${names.length} names of the first page fit` };
  const fix =
    'names "rename" or "skip" in the request; unless it says so each such name fails; a shorter sink folder helps with long paths';
  return {
    name: "names",
    status: "warning",
    detail: `${wrong.length} of ${names.length} can't be held, as ${wrong[0]}`,
    fix,
  };
}

const hnsFix =
  "use an account with a hierarchical namespace (isHnsEnabled); it can't be switched on for this one without an upgrade";
const accessFix =
  "deploy infra/elevated.bicep with elevated=true (Storage Blob Data Owner on the file system), or leave ACL, Owner and Group out of preserve";

function rightsAtSource(connection: string): string {
  return `give the identity of ${connection} Read and Execute on the folder and Execute on every folder above, or make it a super-user (infra/elevated.bicep); check the account's firewall`;
}

function rightsAtSink(connection: string): string {
  return `give the identity of ${connection} the role Storage Blob Data Contributor on the file system (infra/lake-access.bicep); check the account's firewall, a policy or a hold on the file system`;
}
