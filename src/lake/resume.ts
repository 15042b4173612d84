import type { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { isLakeError, LakeError } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import { type Patient, patientBy } from "../wire/retry.ts";
import type { Receive } from "./lake.ts";

/** How long a read goes on although connections break. */
export type Patience = { readonly backoff: Backoff; readonly clock: Clock };

/** One request for `length` bytes from `offset`; its reply may end early. */
export type ReadPart = (offset: number, length: number, receive: Receive) => Promise<unknown>;

/**
 * Reads `length` bytes from `offset` with as few requests as possible, resuming where a connection broke. Resolves to
 * the bytes given, which are fewer only when the file ends before; `isPastEnd` knows the store's error for that.
 */
export async function readResuming(
  at: { readonly op: string; readonly path: LakePath },
  offset: number,
  length: number,
  ask: ReadPart,
  isPastEnd: (error: LakeError) => boolean,
  receive: Receive,
  { backoff, clock }: Patience,
  signal: AbortSignal | undefined,
): Promise<number> {
  let given = 0;
  let before = -1;
  const take: Receive = (chunk) => {
    given += chunk.byteLength;
    if (given <= length) return receive(chunk);
    const detail = `the server sent more than the ${length - before} bytes it was asked for`;
    throw new LakeError("corrupt", { ...at, detail });
  };
  let patience: Patient | undefined;
  let reached = 0;
  // A clean but short body is resumed; one without a single byte is the end of the file.
  while (given < length && given !== before) {
    before = given;
    try {
      await ask(offset + given, length - given, take);
    } catch (error) {
      // The file is shorter than its listing said.
      if (isLakeError(error) && isPastEnd(error)) continue;
      patience ??= patientBy(backoff, clock);
      if (given > reached) patience.renew();
      reached = given;
      await patience.bear(error, signal);
      before = -1;
    }
  }
  return given;
}
