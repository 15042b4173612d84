import { isKind, LakeError } from "../core/error.ts";
import { isWithin, type LakePath } from "../core/path.ts";
import { gather, type Row, type Rows, spread } from "./rows.ts";

const tries = 10;

/** A sink folder that one live run holds for itself. */
export type Claim = { readonly run: string; readonly root: LakePath };

/** Which live run writes where: two runs never write under one root. */
export type Roots = {
  /** Takes a root; resolves to the claim of a live run that stands in the way, if one does. May be repeated. */
  readonly claim: (fileSystem: string, claim: Claim) => Promise<Claim | undefined>;
  /** Gives a run's root back. May be repeated. */
  readonly release: (fileSystem: string, run: string) => Promise<void>;
};

/**
 * One row a file system in a partition, as claims are few and must be checked against each other in one step. A claim whose run has
 * ended, because its release was lost, is passed over.
 */
export function openRoots(rows: Rows, isLive: (run: string) => Promise<boolean>, partitionKey = "roots"): Roots {
  async function update(
    fileSystem: string,
    change: (claims: readonly Claim[]) => Promise<readonly Claim[] | undefined>,
  ): Promise<void> {
    const rowKey = encodeURIComponent(fileSystem).replaceAll("%", "=");
    for (let tried = 1; ; tried++) {
      const stored = await rows.get(partitionKey, rowKey);
      const claims = stored === undefined ? [] : (gather("claims", stored.row) as readonly Claim[]);
      const changed = await change(claims);
      if (changed === undefined) return;
      const row: Row = { partitionKey, rowKey, ...spread("claims", changed) };
      try {
        await (stored === undefined ? rows.insert(row) : rows.replace(row, stored.etag));
        return;
      } catch (error) {
        if (!isKind(error, "conflict") || tried >= tries) throw error;
      }
    }
  }

  return {
    claim: async (fileSystem, claim) => {
      let inTheWay: Claim | undefined;
      await update(fileSystem, async (claims) => {
        inTheWay = undefined;
        const held: Claim[] = [];
        for (const other of claims) {
          if (other.run === claim.run || !(await isLive(other.run))) continue;
          held.push(other);
          if (isWithin(other.root, claim.root) || isWithin(claim.root, other.root)) inTheWay ??= other;
        }
        return inTheWay === undefined ? [...held, claim] : undefined;
      });
      return inTheWay;
    },
    release: (fileSystem, run) =>
      update(fileSystem, async (claims) =>
        claims.some((claim) => claim.run === run) ? claims.filter((claim) => claim.run !== run) : undefined,
      ),
  };
}

/** The error of a root that another run holds. */
export function rootTaken(root: LakePath, { run, root: other }: Claim): LakeError {
  return new LakeError("conflict", {
    op: "start",
    path: root,
    detail: `migration ${run} is live and writes to ${other}; wait for it, cancel it, or choose another sink folder`,
  });
}
