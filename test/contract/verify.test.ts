// The command that tries our assumptions on a real account, on the one account that is here.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startGen2 } from "../../local/gen2/gen2.ts";
import { assumptions } from "../../src/ferry/assumptions.ts";

const command = fileURLToPath(new URL("../../src/app/verifySink.ts", import.meta.url));

test("every assumption holds on the emulator, the answers are stored, and nothing is left of the tries", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-verify-"));
  const gen2 = await startGen2({ store: "memory" });
  t.after(async () => {
    await gen2.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const made = await fetch(`${gen2.url}/lake?restype=container`, {
    method: "PUT",
    headers: { "x-ms-version": "2023-11-03" },
  });
  assert.equal(made.status, 201);
  const [settings, out] = [join(folder, "settings.json"), join(folder, "answers.json")];
  writeFileSync(
    settings,
    JSON.stringify({ Values: { S__kind: "adls-gen2", S__endpoint: gen2.url, S__credential: "emulator" } }),
  );
  const args = ["--connection", "S", "--file-system", "lake", "--settings", settings, "--out", out];
  const { stdout } = await promisify(execFile)(process.execPath, [command, ...args]);
  assert.match(stdout, /holds +put-only-new: /u);
  const { found } = JSON.parse(readFileSync(out, "utf8")) as {
    found: readonly { name: string; answer: string; seen: string }[];
  };
  assert.deepEqual(
    found.map(({ name }) => name),
    assumptions.map(({ name }) => name),
  );
  assert.deepEqual(
    found.filter(({ answer }) => answer !== "holds"),
    [],
  );
  assert.deepEqual(
    (await gen2.dump()).filter(({ path }) => path.includes("verify")),
    [],
  );
});

test("without a connection it says how it is used", async () => {
  await assert.rejects(promisify(execFile)(process.execPath, [command]), { code: 2, stderr: /--connection NAME/u });
});
