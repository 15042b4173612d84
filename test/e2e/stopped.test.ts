// What an app says that can't run, or whose state is away, and to whom.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { projectRoot, startProgram } from "../../local/start/processes.ts";

const keys = { function: "a function's key", master: "the master's" };

async function host(t: TestContext, settings: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-stopped-"));
  const [settingsFile, keysFile] = [join(folder, "settings.json"), join(folder, "keys.json")];
  writeFileSync(settingsFile, JSON.stringify({ TaskHubName: "stopped", ...settings }));
  writeFileSync(keysFile, JSON.stringify(keys));
  const args = [
    "--app",
    projectRoot,
    "--data",
    join(folder, "hub"),
    "--settings",
    settingsFile,
    "--alone",
    "--keys",
    keysFile,
  ];
  const { running, firstLine } = await startProgram({
    name: "host",
    file: join(projectRoot, "dist", "local", "host.mjs"),
    args,
    logFile: join(folder, "host.log"),
  });
  t.after(async () => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return `${(JSON.parse(firstLine) as { readonly url: string }).url}/api`;
}

const withKey = { headers: { "x-functions-key": keys.function } };

test("an app with a wrong setting runs nothing, and says which one to whoever has a key; to anybody else one word", async (t) => {
  const api = await host(t, { AzureWebJobsStorage: "UseDevelopmentStorage=true", Lakeferry__waveMs: "soon" });
  const word = await fetch(`${api}/health`);
  assert.deepEqual([word.status, await word.text()], [503, "stopped"]);
  assert.equal((await fetch(`${api}/health/details`)).status, 401);
  const details = await fetch(`${api}/health/details`, withKey);
  const { status, wrongSetting } = (await details.json()) as { status: string; wrongSetting: Record<string, string> };
  assert.deepEqual([status, wrongSetting["name"]], ["stopped", "Lakeferry__waveMs"]);
  assert.match(wrongSetting["detail"] ?? "", /whole number/u);
  for (const path of ["/migrations", "/migrations/x"]) {
    const reply = await fetch(api + path, withKey);
    const { code, detail } = (await reply.json()) as { readonly code: string; readonly detail: string };
    assert.deepEqual([reply.status, code], [503, "app-stopped"]);
    assert.match(detail, /Lakeferry__waveMs/u);
  }
});

test("an app whose state can't be used is degraded; what it knows holds no secret", async (t) => {
  // Nobody listens there.
  const endpoints = "BlobEndpoint=http://127.0.0.1:9/s;TableEndpoint=http://127.0.0.1:9/s";
  const api = await host(t, {
    AzureWebJobsStorage: `DefaultEndpointsProtocol=http;AccountName=s;AccountKey=c2VjcmV0;${endpoints}`,
    LakeSink__kind: "adls-gen2",
    LakeSink__endpoint: "https://contoso.dfs.core.windows.net",
    LakeSink__credential: "sas",
    LakeSink__sas: "sig=c2VjcmV0",
  });
  const word = await fetch(`${api}/health`);
  assert.deepEqual([word.status, await word.text()], [503, "degraded"]);
  const text = await (await fetch(`${api}/health/details`, withKey)).text();
  assert.match(text, /"isReachable":false.*"endpoint":"https:\/\/contoso\.dfs\.core\.windows\.net"/u);
  assert.doesNotMatch(text, /c2VjcmV0/u);
});
