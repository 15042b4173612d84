// A walk through a list of names: divided, stopped and taken up again, every entry is dealt with once.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeCut, encodeCut } from "../../src/core/cut.ts";
import { inlineList, type ListItem, type ListRange, type NameList } from "../../src/core/nameList.ts";
import { fileList } from "../../src/ferry/fileList.ts";
import { openListWalk } from "../../src/ferry/listWalk.ts";
import { pathFrom } from "../../src/core/path.ts";
import { isKind } from "../../src/core/error.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const { signal } = new AbortController();

// A list in a file of memory, of which a test may count the reads.
function memoryList(text: string, reads: number[] = []) {
  const file = { content: Buffer.from(text), version: "1" };
  const list = fileList({
    path: pathFrom("/list"),
    where: "memory",
    read: async (_path, offset, length, receive) => {
      const bytes = file.content.subarray(offset, offset + length);
      reads.push(bytes.byteLength);
      await receive(bytes);
      return bytes.byteLength;
    },
    look: async () => ({ kind: "file", bytes: file.content.byteLength, version: file.version }),
  });
  return { list, file };
}

// Portions of a few entries, so that short lists have many.
function shortPortions(list: NameList): NameList {
  return {
    ...list,
    read: async (range, abort) => {
      await turn();
      const { items, to } = await list.read(range, abort);
      const few = items.slice(0, 5);
      return { items: few, to: few.length < items.length ? (few.at(-1)?.to ?? to) : to };
    },
  };
}

test("however a list is divided, stopped, saved and taken up again, every entry is dealt with once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 600 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 10 }),
      fc.boolean(),
      async (count, turns, isFile) => {
        const names = Array.from({ length: count }, (_, index) => `n${index}`);
        const base = isFile ? memoryList(names.join("\n\n")).list : inlineList(names);
        const list = shortPortions(base);
        const done: string[] = [];
        const left: ListRange[][] = [[await list.whole()]];
        for (let round = 0; left.length > 0; round++) {
          let isStopped = false;
          const ranges = left.pop() ?? [];
          const start = async (item: ListItem, close: () => void) => {
            await turn();
            if (isStopped) return "stopped";
            // Some take longer, and some are never done in this walk.
            void turn()
              .then(turn)
              .then(() => {
                if (isStopped && round < 30) return;
                done.push(item.text);
                close();
              });
            return "started";
          };
          const walk = openListWalk(list, ranges, start);
          const running = walk.run(signal);
          const given: ListRange[][] = [];
          for (let at = 0; at < (turns[round % turns.length] ?? 1); at++) {
            await turn();
            if (at % 3 === 1) await walk.spread(4, signal);
            if (at % 2 === 0) given.push(...walk.give(2).map((range) => [range]));
          }
          if (round < 30) isStopped = true;
          await running;
          for (let at = 0; at < 4; at++) await turn();
          for (const rest of [[...walk.left()], ...given]) {
            const { lists = [] } = decodeCut(
              JSON.parse(JSON.stringify(encodeCut({ ranges: [], open: [], lists: rest }))),
            );
            if (lists.length > 0) left.push([...lists]);
          }
        }
        assert.deepEqual(done.toSorted(), names.toSorted());
      },
    ),
    { numRuns: 60 },
  );
});

test("a list that is changed while a run reads it is noticed, and so is one that is none", async () => {
  const { list, file } = memoryList("a\nb\n");
  const range = await list.whole();
  assert.equal((await list.read(range)).items.length, 2);
  file.version = "2";
  await assert.rejects(list.read(range), (error) => isKind(error, "changed"));
  file.content = Buffer.from("\ufeffa", "utf16le");
  await assert.rejects(list.whole(), /UTF-16/u);
});

test("a list is read in portions of bounded size, also where a line is longer than a portion", async () => {
  const reads: number[] = [];
  const long = "x".repeat(700_000);
  const { list } = memoryList(`a\n${long}\n${"line of some length\n".repeat(50_000)}z`, reads);
  const whole = await list.whole();
  const items: ListItem[] = [];
  for (let { from } = whole; from !== whole.to; ) {
    const portion = await list.read({ ...whole, from });
    items.push(...portion.items);
    from = portion.to;
  }
  assert.equal(items.length, 50_003);
  assert.equal(items.filter(({ problem }) => problem !== undefined).length, 1);
  assert.equal(items.at(-1)?.at, "line 50003");
  assert.ok(Math.max(...reads) <= 256 * 1024);
});
