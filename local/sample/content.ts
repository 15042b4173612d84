/** Numbers from 0 up to 1, the same ones for the same seed. */
export type Chance = () => number;

/** A stream of numbers (mulberry32); good enough for content that only has to look like something. */
export function chanceOf(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of a list's members. */
export function pick<T>(chance: Chance, [first, ...others]: readonly [T, ...T[]]): T {
  const index = Math.floor(chance() * (others.length + 1));
  return index === 0 ? first : (others[index - 1] ?? first);
}

/** Orders of a day as CSV with a header. */
export function ordersCsv(chance: Chance, day: string): Buffer {
  const lines = ["order,day,shop,item,quantity,price"];
  for (const order of orders(chance))
    lines.push(`${order.id},${day},${order.shop},${order.item},${order.quantity},${order.price}`);
  return Buffer.from(`${lines.join("\n")}\n`);
}

/** Orders of a day as JSON Lines. */
export function ordersJson(chance: Chance, day: string): Buffer {
  return Buffer.from(
    orders(chance)
      .map((order) => `${JSON.stringify({ ...order, day })}\n`)
      .join(""),
  );
}

/** So many bytes of noise; each 4 MiB block carries its number, so that blocks that changed places are noticed. */
export function* noise(chance: Chance, bytes: number): Iterable<Buffer> {
  const blockBytes = 4 * 1024 * 1024;
  const pattern = Buffer.alloc(Math.min(bytes, blockBytes));
  for (let index = 0; index + 4 <= pattern.length; index += 4)
    pattern.writeUInt32LE(Math.floor(chance() * 2 ** 32), index);
  for (let start = 0; start < bytes; start += blockBytes) {
    const block = Buffer.from(pattern.subarray(0, bytes - start));
    if (block.length >= 4) block.writeUInt32LE(start / blockBytes);
    yield block;
  }
}

type Order = {
  readonly id: number;
  readonly shop: string;
  readonly item: string;
  readonly quantity: number;
  readonly price: string;
};

function orders(chance: Chance): readonly Order[] {
  return Array.from({ length: 8 + Math.floor(chance() * 60) }, () => ({
    id: 100_000 + Math.floor(chance() * 900_000),
    shop: pick(chance, ["Bergen", "Lyon", "Porto", "Gdańsk", "Zürich"]),
    item: pick(chance, ["kettle", "lamp", "rope", "notebook", "tent", "compass"]),
    quantity: 1 + Math.floor(chance() * 9),
    price: (1 + chance() * 120).toFixed(2),
  }));
}
