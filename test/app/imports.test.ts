import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const src = (...rooms: readonly string[]) => rooms.map((room) => `src/${room}`);

// Which room may import from which others; every room may import from itself.
const allowed: Readonly<Record<string, readonly string[]>> = {
  "src/core": [],
  "src/wire": src("core"),
  "src/lake": src("core", "wire"),
  "src/state": src("core"),
  "src/ferry": src("core", "wire", "lake", "state"),
  "src/flow": src("core"),
  "src/contract": src("core"),
  "src/app": src("core", "contract", "wire", "lake", "state", "ferry", "flow"),
  functions: src("core", "contract", "ferry", "flow", "app"),
  "src/cli": src("core", "contract"),
  // The command behind npm start is a client like any other; the emulators stay apart.
  "local/start": ["local", ...src("cli")],
  local: [],
  scripts: [],
};

const roomOf = (file: string) =>
  /^local\/start[./]/u.test(file)
    ? "local/start"
    : file
        .split("/")
        .slice(0, file.startsWith("src/") ? 2 : 1)
        .join("/");

test("imports point one way, and an emulator shares no code with the client", () => {
  const wrong: string[] = [];
  const files = globSync("{src,functions,local,scripts}/**/*.ts", { cwd: root });
  assert.ok(files.length > 50);
  for (const file of files) {
    for (const [, from = ""] of readFileSync(join(root, file), "utf8").matchAll(/(?:from|import)\s*\(?"(\.[^"]+)"/gu)) {
      const [here, there] = [roomOf(file), roomOf(relative(root, join(root, dirname(file), from)))];
      if (here !== there && allowed[here]?.includes(there) !== true) wrong.push(`${file} imports ${from}`);
    }
  }
  assert.deepEqual(wrong, []);
});
