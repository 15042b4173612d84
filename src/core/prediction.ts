import { type Access, hasWanted, inheritedAccess, type WantedAccess } from "./access.ts";
import { principalOf, printAcl } from "./acl.ts";

/** What to do about the access of a file that was just written without any. */
export type Advice = "trust" | "readBack" | "set";

/** What is believed of inheritance during a run, and how far it was proven. */
export type Prediction = {
  /** True when no folder can give a file what is wanted: nothing is believed any more, or it is owned by somebody else. */
  readonly isHopeless: (wanted: WantedAccess) => boolean;
  /**
   * For a new file in a folder with this access at the sink.
   *   it would not inherit what is wanted, or one prediction was wrong   set
   *   it would; this pair of folder ACL and wanted ACL is proven         trust
   *   it would; nothing of this pair was read back yet                   readBack
   * Until a first read-back tells who the maker is, an owner is a reason to read back.
   */
  readonly advise: (folder: Access, wanted: WantedAccess) => Advice;
  /** Takes a file's access as it was read back; false when it isn't the predicted one, which ends all trust. */
  readonly learn: (folder: Access, wanted: WantedAccess, read: Access) => boolean;
  /** Ends all trust: somebody else has met a wrong prediction. */
  readonly distrust: () => void;
};

/** As many pairs are remembered; beyond, the first ones are proven again. */
const maxProven = 2000;

/** What a read-back proves: files in such a folder inherit such an ACL. */
export function pairOf(folder: Access, { acl }: WantedAccess): string {
  return `${printAcl(folder.acl)} ${acl === undefined ? "" : printAcl(acl)}`;
}

/** Nothing believed yet. */
export function openPrediction(): Prediction {
  const proven = new Set<string>();
  let maker: string | undefined;
  let isOff = false;
  return {
    isHopeless: ({ owner }) =>
      isOff || (owner !== undefined && maker !== undefined && principalOf(owner) !== principalOf(maker)),
    advise: (folder, wanted) => {
      if (isOff) return "set";
      const inherited = inheritedAccess(folder, "file", maker ?? wanted.owner ?? "");
      if (!hasWanted(inherited, wanted)) return "set";
      const isProven = proven.has(pairOf(folder, wanted)) && (wanted.owner === undefined || maker !== undefined);
      return isProven ? "trust" : "readBack";
    },
    learn: (folder, wanted, read) => {
      maker ??= read.owner;
      const isAsPredicted = hasWanted(read, inheritedAccess(folder, "file", maker));
      if (!isAsPredicted) isOff = true;
      else proven.add(pairOf(folder, wanted));
      for (const first of proven) if (proven.size > maxProven) proven.delete(first);
      return isAsPredicted;
    },
    distrust: () => {
      isOff = true;
    },
  };
}
