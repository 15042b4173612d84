// A CRC-64 needs 64-bit integers, which JavaScript has as objects only, and is quick where many bytes are dealt with at a time, which
// JavaScript doesn't do: WebAssembly has both (bench/hashes.ts). The module is small enough to be written down instruction by instruction.
//
// Long input is folded. In a remainder, a byte counts for as much as its copies at each of eight `distances` behind it count
// together. So bytes are added to those and are done with, until only the last `reach` bytes are left to be looked up in tables. Seen from
// behind, each byte takes up what has become of those at the same distances before it: no more than XOR, for as many at a time as are
// in a vector.

/** How many bytes of input one call takes at most. */
export const inputBytes = 64 * 1024;

/** Adds input to a remainder. Memory holds the tables, the remainder, zeros, the input and what is left of it, in this order. */
export type Crc64Wasm = {
  /** Sixteen tables of 256 remainders, each as its lower and its upper half. */
  readonly tables: Uint32Array;
  /** The remainder, lower half first. */
  readonly remainder: Uint32Array;
  readonly input: Uint8Array;
  /** Adds the first so many bytes of the input to the remainder; what is in the input afterwards is undefined. */
  readonly add: (bytes: number) => void;
};

const slices = 16;
const tableBytes = 256 * 8;
const remainderAt = slices * tableBytes;
const inputAt = 64 * 1024;
const restAt = inputAt + inputBytes;
const pages = 3;

/**
 * In bytes: modulo the polynomial, the sum of x^(-8 * distance) is 1. Found by a search for pairs of pairs that cancel each other out. None
 * is near, so that what is read was written long before.
 */
const distances = [1153, 1742, 1780, 1929, 1960, 2713, 2880, 3201];
const reach = Math.max(...distances);
/** Less isn't worth what looking up the rest costs. */
const leastFolded = 2 * reach;
const vectorBytes = 16;
const foldedAtOnce = 4 * vectorBytes;

// Node has it; its types come with a browser's only.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> };
};

/** Makes the module; its tables are empty. */
export function openCrc64Wasm(): Crc64Wasm {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module())));
  const { buffer } = exports["memory"] as { readonly buffer: ArrayBuffer };
  return {
    tables: new Uint32Array(buffer, 0, (slices * tableBytes) / 4),
    remainder: new Uint32Array(buffer, remainderAt, 2),
    input: new Uint8Array(buffer, inputAt, inputBytes),
    add: exports["add"] as (bytes: number) => void,
  };
}

type Code = readonly number[];

const [i32, i64] = [0x7f, 0x7e];
const [foldType, addType] = [0, 1];
const [foldIndex, addIndex] = [0, 1];

function module(): Code {
  return [
    ...magicAndVersion,
    ...section(1, [0x60, 3, i32, i32, i32, 0], [0x60, 1, i32, 0]),
    ...section(3, [foldType], [addType]),
    ...section(5, [0x01, pages, pages]),
    ...section(7, [...name("memory"), 0x02, 0], [...name("add"), 0x00, addIndex]),
    ...section(10, sized([0, ...foldBody(), end]), sized([2, 3, i32, 3, i64, ...addBody(), end])),
  ];
}

// (before, at, left): adds to `left` bytes, or a few more, those at the distances before them. `before` is `reach` bytes before
// the first.
function foldBody(): Code {
  const [before, at, left] = [0, 1, 2];
  const vectors = Array.from({ length: foldedAtOnce / vectorBytes }, (_, index) => index * vectorBytes);
  const folded = (offset: number) => [
    ...loadVector(offset, get(at)),
    ...distances.flatMap((distance) => [...loadVector(reach - distance + offset, get(before)), ...vectorXor]),
  ];
  return whileAtLeast(
    1,
    left,
    foldedAtOnce,
    [before, at],
    vectors.flatMap((offset) => storeVector(offset, get(at), folded(offset))),
  );
}

// (left): adds so many bytes of the input to the remainder.
function addBody(): Code {
  const [left, at, folded, rest, crc, word, next] = [0, 1, 2, 3, 4, 5, 6];
  const unfolded = [...get(at), ...get(folded), i32Add];
  return [
    ...set(at, constant(inputAt)),
    ...set(crc, load(remainderAt, constant(0))),
    ...whenAtLeast(leastFolded, left, [
      // The remainder is that of the bytes before, and stands for them in the first ones here.
      ...store(0, get(at), [...load(0, get(at)), ...get(crc), i64Xor]),
      ...set(crc, constant64(0)),
      ...set(folded, [...get(left), ...constant(reach), i32Subtract, ...constant(-foldedAtOnce), i32And]),
      ...set(rest, [...get(left), ...get(folded), i32Subtract]),
      ...call(foldIndex, constant(inputAt - reach), get(at), get(folded)),
      // The rest takes up what was folded, and nothing of itself.
      ...copy(constant(restAt), unfolded, get(rest)),
      ...clear(unfolded, get(rest)),
      ...call(foldIndex, [...unfolded, ...constant(reach), i32Subtract], constant(restAt), get(rest)),
      ...set(at, constant(restAt)),
      ...set(left, get(rest)),
    ]),
    // A remainder and sixteen bytes are sixteen look-ups that don't wait for each other; what is left goes byte by byte.
    ...whileAtLeast(
      16,
      left,
      16,
      [at],
      [
        ...set(word, [...load(0, get(at)), ...get(crc), i64Xor]),
        ...set(next, load(8, get(at))),
        ...set(crc, xorOfAll([...lookUps(word, 15), ...lookUps(next, 7)])),
      ],
    ),
    ...whileAtLeast(
      1,
      left,
      1,
      [at],
      [
        ...set(word, [...load8(get(at)), ...get(crc), i64Xor]),
        ...set(crc, [...lookUp(word, 0, 0), ...get(crc), ...constant64(8), i64ShiftRight, i64Xor]),
      ],
    ),
    ...store(remainderAt, constant(0), get(crc)),
  ];
}

// The eight bytes of a word, the first of them in this table and each other in the one before.
function lookUps(local: number, firstTable: number): readonly Code[] {
  return Array.from({ length: 8 }, (_, byte) => lookUp(local, byte, firstTable - byte));
}

function lookUp(local: number, byte: number, table: number): Code {
  // The byte times eight, which is the length of an entry.
  const shift = 8 * byte - 3;
  const shifted = [...constant64(Math.abs(shift)), shift < 0 ? i64ShiftLeft : i64ShiftRight];
  return load(table * tableBytes, [...get(local), ...shifted, i32Wrap, ...constant(0xff << 3), i32And]);
}

function xorOfAll([first = [], ...others]: readonly Code[]): Code {
  return [...first, ...others.flatMap((one) => [...one, i64Xor])];
}

function whenAtLeast(least: number, left: number, code: Code): Code {
  return [block, nothing, ...get(left), ...constant(least), i32Less, branchIf, 0, ...code, end];
}

// Repeats a step of so many bytes while at least `least` are left; what points to them goes along.
function whileAtLeast(least: number, left: number, step: number, pointers: readonly number[], code: Code): Code {
  const isOver = [...get(left), ...constant(least), i32Less];
  const moved = [
    ...pointers.flatMap((pointer) => set(pointer, [...get(pointer), ...constant(step), i32Add])),
    ...set(left, [...get(left), ...constant(step), i32Subtract]),
  ];
  return [block, nothing, loop, nothing, ...isOver, branchIf, 1, ...code, ...moved, branch, 0, end, end];
}

const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const nothing = 0x40;
const [block, loop, end, branch, branchIf] = [0x02, 0x03, 0x0b, 0x0c, 0x0d];
const [i32Less, i32Add, i32Subtract, i32And] = [0x48, 0x6a, 0x6b, 0x71];
const [i64Xor, i64ShiftLeft, i64ShiftRight, i32Wrap] = [0x85, 0x86, 0x88, 0xa7];

const get = (local: number): Code => [0x20, local];
const set = (local: number, value: Code): Code => [...value, 0x21, local];
const constant = (value: number): Code => [0x41, ...signed(value)];
const constant64 = (value: number): Code => [0x42, ...signed(value)];
const load = (offset: number, address: Code): Code => [...address, 0x29, 3, ...unsigned(offset)];
const load8 = (address: Code): Code => [...address, 0x31, 0, 0];
const loadVector = (offset: number, address: Code): Code => [...address, 0xfd, 0x00, 0, ...unsigned(offset)];
const storeVector = (offset: number, address: Code, value: Code): Code => [
  ...address,
  ...value,
  0xfd,
  0x0b,
  0,
  ...unsigned(offset),
];
const vectorXor: Code = [0xfd, 0x51];
const copy = (to: Code, from: Code, bytes: Code): Code => [...to, ...from, ...bytes, 0xfc, 10, 0, 0];
const clear = (from: Code, bytes: Code): Code => [...from, ...constant(0), ...bytes, 0xfc, 11, 0];
const call = (index: number, ...given: readonly Code[]): Code => [...given.flat(), 0x10, index];
const store = (offset: number, address: Code, value: Code): Code => [
  ...address,
  ...value,
  0x37,
  3,
  ...unsigned(offset),
];

function section(id: number, ...items: readonly Code[]): Code {
  return [id, ...sized([...unsigned(items.length), ...items.flat()])];
}

function sized(code: Code): Code {
  return [...unsigned(code.length), ...code];
}

function name(text: string): Code {
  return sized([...Buffer.from(text)]);
}

// LEB128: seven bits to a byte, least significant first.
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

// The seventh bit of the last byte is the sign.
function signed(value: number): Code {
  const isLast = value >= -0x40 && value < 0x40;
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
