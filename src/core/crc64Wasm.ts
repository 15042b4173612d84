// A CRC-64 needs 64-bit integers, which JavaScript has as objects only: in WebAssembly it is twice as fast as in 32-bit halves
// (bench/hashes.ts). The module is small enough to be written down instruction by instruction.

/** How many bytes of input one call takes at most. */
export const inputBytes = 64 * 1024;

/** Adds input to a remainder. Memory holds the tables, the remainder and the input, in this order. */
export type Crc64Wasm = {
  /** Sixteen tables of 256 remainders, each as its lower and its upper half. */
  readonly tables: Uint32Array;
  /** The remainder, lower half first. */
  readonly remainder: Uint32Array;
  readonly input: Uint8Array;
  /** Adds the first so many bytes of the input to the remainder. */
  readonly add: (bytes: number) => void;
};

const slices = 16;
const tableBytes = 256 * 8;
const remainderAt = slices * tableBytes;
const inputAt = 64 * 1024;
const pages = 2;

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
const [bytesLeft, at, crc, word, next] = [0, 1, 2, 3, 4];

function module(): Code {
  return [
    ...magicAndVersion,
    ...section(1, [0x60, 1, i32, 0]),
    ...section(3, [0]),
    ...section(5, [0x01, pages, pages]),
    ...section(7, [...name("memory"), 0x02, 0], [...name("add"), 0x00, 0]),
    ...section(10, sized([2, 1, i32, 3, i64, ...body(), end])),
  ];
}

// A remainder and sixteen bytes are sixteen look-ups that don't wait for each other; what is left goes byte by byte.
function body(): Code {
  return [
    ...set(at, constant(inputAt)),
    ...set(crc, load(remainderAt, constant(0))),
    ...whileLeft(16, [
      ...set(word, [...load(0, get(at)), ...get(crc), i64Xor]),
      ...set(next, load(8, get(at))),
      ...set(crc, xorOfAll([...lookUps(word, 15), ...lookUps(next, 7)])),
    ]),
    ...whileLeft(1, [
      ...set(word, [...load8(get(at)), ...get(crc), i64Xor]),
      ...set(crc, [...lookUp(word, 0, 0), ...get(crc), ...constant64(8), i64ShiftRight, i64Xor]),
    ]),
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

// Repeats a step of so many bytes while there are as many.
function whileLeft(step: number, code: Code): Code {
  const isOver = [...get(bytesLeft), ...constant(step), i32Less];
  const moved = [
    ...set(at, [...get(at), ...constant(step), i32Add]),
    ...set(bytesLeft, [...get(bytesLeft), ...constant(step), i32Subtract]),
  ];
  return [block, nothing, loop, nothing, ...isOver, branchIf, 1, ...code, ...moved, branch, 0, end, end];
}

const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const nothing = 0x40;
const [block, loop, end, branch, branchIf] = [0x02, 0x03, 0x0b, 0x0c, 0x0d];
const [i32Less, i32Add, i32Subtract, i32And] = [0x49, 0x6a, 0x6b, 0x71];
const [i64Xor, i64ShiftLeft, i64ShiftRight, i32Wrap] = [0x85, 0x86, 0x88, 0xa7];

const get = (local: number): Code => [0x20, local];
const set = (local: number, value: Code): Code => [...value, 0x21, local];
const constant = (value: number): Code => [0x41, ...signed(value)];
const constant64 = (value: number): Code => [0x42, ...signed(value)];
const load = (offset: number, address: Code): Code => [...address, 0x29, 3, ...unsigned(offset)];
const load8 = (address: Code): Code => [...address, 0x31, 0, 0];
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

// The seventh bit of the last byte is the sign; all values here are positive.
function signed(value: number): Code {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)];
}
