import * as z from "zod";

const price = z.number("expected a price").min(0).max(1_000_000);
const unit = z.number("expected megabytes").min(1).max(1000);

/** What things cost. Everything is said: a price that is left out would make an estimate that nobody notices is too low. */
export const priceFile = z.strictObject({
  /** Of which day the prices are. */
  date: z.iso.date('expected a day such as "2026-11-01"'),
  currency: z.string().regex(/^[A-Z]{3}$/u, 'expected a currency such as "USD"'),
  /** Where they are from. */
  note: z.string().max(500),
  source: z.strictObject({
    readPer10000: price,
    otherPer10000: price,
    /** A request that reads more counts as several. */
    megabytesPerTransaction: unit,
  }),
  sink: z.strictObject({
    writePer10000: price,
    readPer10000: price,
    otherPer10000: price,
    megabytesPerTransaction: unit,
  }),
  /** From the source to the sink; 0 within a region. */
  transferPerGB: price,
  /** Of the sink, for the first month. */
  storagePerGBMonth: price,
  /** Of the app, for an hour of one instance. */
  instanceHour: price,
});

/** See priceFile. */
export type Prices = z.infer<typeof priceFile>;

/**
 * Samples, so that there is something to see: they are nobody's list prices. Take yours from your agreement, or from Azure's
 * pages on the prices of Data Lake Storage Gen1 and Gen2, Functions and bandwidth, and send them as `prices`.
 */
export const samplePrices: Prices = {
  date: "2026-11-01",
  currency: "USD",
  note: "sample prices, to be replaced by those of your region and agreement",
  source: { readPer10000: 0.004, otherPer10000: 0.05, megabytesPerTransaction: 4 },
  sink: { writePer10000: 0.065, readPer10000: 0.005, otherPer10000: 0.005, megabytesPerTransaction: 4 },
  transferPerGB: 0,
  storagePerGBMonth: 0.02,
  instanceHour: 0.1,
};
