import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gen1Options } from "../../local/gen1/options.ts";
import { tempFolder } from "./gen1/kit.ts";

const main = fileURLToPath(new URL("../../local/gen1/main.ts", import.meta.url));
const emulate = fileURLToPath(new URL("../../local/emulate.ts", import.meta.url));

suite("processes", { concurrency: true }, () => {
  test("a Gen1 process says in one line of JSON where it is, and ends in order", async (t) => {
    const folder = tempFolder(t);
    mkdirSync(join(folder, "lake"));
    writeFileSync(join(folder, "faults.json"), '[{"match":{"op":"OPEN"},"times":1,"effect":{"status":503}}]');
    const { child, firstOutput } = await spawned(t, [
      main,
      "--root",
      join(folder, "lake"),
      "--faults",
      join(folder, "faults.json"),
    ]);
    const { url, port } = JSON.parse(firstOutput) as { url: string; port: number };
    assert.equal(url, `http://127.0.0.1:${port}`);
    assert.equal((await fetch(`${url}/webhdfs/v1/?op=OPEN&read=true`)).status, 503);
    assert.equal((await fetch(`${url}/webhdfs/v1/?op=LISTSTATUS`)).status, 200);
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  for (const emulator of ["gen1", "gen2"]) {
    test(`the command starts a ${emulator} account and tells how to reach it`, async (t) => {
      const { firstOutput } = await spawned(t, [emulate, emulator, "--store", "memory"]);
      const url = /at (http:\/\/127\.0\.0\.1:\d+)/.exec(firstOutput)?.[1];
      assert.equal((await fetch(`${url}/_control/requests`)).status, 200);
    });
  }

  test("a wrong command line ends with exit code 2 and a word on what is wrong", async () => {
    const cases = [
      [[emulate, "gen3"], /not "gen3"/],
      [[emulate, "gen2", "--root", "x", "--store", "memory"], /takes no --root/],
      [[main, "--rooot", "x"], /Unknown option '--rooot'/],
    ] as const;
    await Promise.all(
      cases.map(([args, stderr]) => assert.rejects(promisify(execFile)(process.execPath, args), { code: 2, stderr })),
    );
  });
});

test("the options of a Gen1 account are checked before anything starts", () => {
  for (const [args, message] of [
    [[], /--root is missing/],
    [["--root", "x", "--store", "disk"], /--store is files or memory/],
    [["--root", "x", "--port", "many"], /--port is a whole number/],
    [["--root", "x", "--order", "random"], /--order is utf16 or utf8/],
    [["--root", "x", "--audience", "https://datalake.azure.net/"], /--audience needs --tls/],
    [["--root", "x", "--faults", "/no/file"], /--faults \/no\/file: ENOENT/],
  ] as const) {
    assert.throws(() => gen1Options(args), { name: "UsageError", message });
  }
});

async function spawned(t: TestContext, args: readonly string[]) {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const [firstOutput] = (await once(child.stdout, "data")) as [Buffer];
  return { child, firstOutput: firstOutput.toString("utf8") };
}
