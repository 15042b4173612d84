import { blockSizes, blocksPerRead, onePutBytes } from "./blocks.ts";

/** Requests by store and operation, as "source OPEN". */
export type Requests = Readonly<Record<string, number>>;

/** Names of a folder that one second look lists again. */
export const lookNames = 500;

/** How often a lane is given work, as seen on trees of some ten thousand files: a few packets at first, and again at the end. */
const divisionsForLane = 12;

/** What a first migration sends for a file, beside listings. */
export type FileCost = {
  readonly bytes: number;
  /** Of its blocks, should it take more than one request. */
  readonly blockBytes: number;
  /** Lanes share it. */
  readonly isShared: boolean;
  /** Its ACL has to be asked for. */
  readonly asksAcl: boolean;
  /** It is given its access after it was written. */
  readonly setsAccess: boolean;
  /** Looks at the access of its folder, or at its own, that tell whether it inherits as predicted. */
  readonly looksBack: number;
  readonly setsExpiry: boolean;
};

/** What a migration sends into an empty file system. Held to what it does by test/ferry/assess.test.ts. */
export const requestsFor = {
  /** Once, whatever is copied: both roots are looked at and made, and the source is asked for its size. */
  run: {
    "source GETFILESTATUS": 1,
    "source LISTSTATUS": 1,
    "source GETCONTENTSUMMARY": 1,
    "sink Create Container": 1,
  } as Requests,

  /** The second look lists what was sent once more; `names` are those from the first file to the last. */
  page: (names: number): Requests => ({ "source LISTSTATUS": 1 + Math.ceil(names / lookNames) }),

  /** Work that is given away begins in the middle of a page, which is listed again: for the one half and the other. */
  division: (lanes: number): Requests => ({ "source LISTSTATUS": lanes === 1 ? 0 : lanes * divisionsForLane * 2 }),

  folder: ({ asksAcl, isSticky }: { readonly asksAcl: boolean; readonly isSticky: boolean }): Requests =>
    counted({
      "source GETACLSTATUS": asksAcl ? 1 : 0,
      "sink Create Directory": 1,
      "sink Set Access Control": isSticky ? 1 : 0,
    }),

  file: (file: FileCost): Requests => {
    const { bytes, blockBytes, isShared, asksAcl, setsAccess, looksBack, setsExpiry } = file;
    const blocks = bytes > onePutBytes ? Math.ceil(bytes / blockBytes) : 0;
    return counted({
      "source OPEN": bytes === 0 ? 0 : isShared ? Math.ceil(blocks / blocksPerRead(blockSizes, blockBytes)) : 1,
      // The source of a shared file is looked at again before its blocks become its content.
      "source GETFILESTATUS": isShared ? 1 : 0,
      "source GETACLSTATUS": asksAcl ? (isShared ? 2 : 1) : 0,
      "sink Put Blob": blocks === 0 ? 1 : 0,
      "sink Put Block": blocks,
      "sink Put Block List": blocks === 0 ? 0 : 1,
      "sink Set Access Control": setsAccess ? 1 : 0,
      "sink Get Access Control": looksBack,
      "sink Set Blob Expiry": setsExpiry ? 1 : 0,
      // Taken and given back around it.
      "sink Lease Blob": setsExpiry ? 2 : 0,
    });
  },

  /** A principal of which nobody has asked yet whether the source can name it. */
  principals: { "source GETACLSTATUS": 1 } as Requests,
} as const;

function counted(requests: Requests): Requests {
  return Object.fromEntries(Object.entries(requests).filter(([, count]) => count > 0));
}
