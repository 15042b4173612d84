import * as z from "zod";

/** How many there are. */
export const count = z.int().min(0);

/** A number that may have a fraction, or be beyond what an integer holds: bytes, seconds, rates. */
export const amount = z.number().min(0);

/** A time as ISO 8601 has it. */
export const time = z.iso.datetime();

/** How many there are of each. */
export const counts = z.record(z.string(), count);

/** Items of which there is something to know, and where the first of them are. */
export const found = z.object({ items: count, paths: z.array(z.string()) });
