import type { Row } from "./rows.ts";
import { removeOnce } from "./races.ts";
import { laneDigits, laneKey, type Place } from "./workRows.ts";

/** Lanes without work, since when in the same order, and when somebody last gave some away (0: nobody yet). */
export type Hunger = {
  readonly lanes: readonly number[];
  readonly waiting: readonly number[];
  readonly lastGiftMs: number;
};

/** Rows that say which lanes wait, and one that says when work was last given away. */
export const hungerPrefix = "hunger-";
const giftKey = `${hungerPrefix}gift`;

/** Says that some work is given away now. */
export function giftRow({ partitionKey, clock }: Place): Row {
  return { partitionKey, rowKey: giftKey, version: 1, sinceMs: clock.nowMs() };
}

/** Says, for all to see, that a lane has waited for work since then; undefined: no longer. */
export async function saysHungry(
  { rows, partitionKey }: Place,
  lane: number,
  sinceMs: number | undefined,
): Promise<void> {
  const rowKey = `${hungerPrefix}${laneKey(lane)}`;
  if (sinceMs !== undefined) {
    await rows.transact([{ do: "put", row: { partitionKey, rowKey, version: 1, sinceMs } }]);
    return;
  }
  const there = await rows.get(partitionKey, rowKey);
  if (there !== undefined) await removeOnce(rows, partitionKey, rowKey, there.etag);
}

/** Which lanes wait for work, and when somebody last gave some away. */
export async function hungerIn({ rows, partitionKey }: Place): Promise<Hunger> {
  const lanes: number[] = [];
  const waiting: number[] = [];
  let lastGiftMs = 0;
  for await (const { row } of rows.list(partitionKey, hungerPrefix)) {
    if (row.rowKey === giftKey) lastGiftMs = Number(row["sinceMs"]);
    else {
      lanes.push(Number(row.rowKey.slice(-laneDigits)));
      waiting.push(Number(row["sinceMs"]));
    }
  }
  return { lanes, waiting, lastGiftMs };
}
