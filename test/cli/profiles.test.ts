// Which app a command is for, and who gets to see its key.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { profilesFile, targetOf } from "../../src/cli/profiles.ts";
import { memoryApi } from "../kit/memoryApi.ts";
import { said, tempHome } from "./kit.ts";

const key = "k3y-that-nobody-sees==";

test("a profile keeps address and key in a file for its owner alone, and is used when no other app is named", async (t) => {
  const home = tempHome(t);
  const none = { LAKEFERRY_URL: "" };
  const set = await said("profile set prod --url https://contoso.azurewebsites.net/api/ --key-stdin", {
    home,
    env: none,
    input: `${key}\n`,
  });
  assert.equal(set.code, 0, set.err);
  assert.match(set.out, /^\* prod {2}https:\/\/contoso.azurewebsites.net {2}with a key\n$/u);
  await said("profile set local --url http://127.0.0.1:7071", { home, env: none });
  const file = profilesFile({ home, env: {} });
  assert.equal(file, join(home, ".config", "lakeferry", "profiles.json"));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(file)).mode & 0o077, 0);
  assert.ok(readFileSync(file, "utf8").includes(key));
  const listed = await said("profile list --json", { home, env: none });
  assert.deepEqual((JSON.parse(listed.out) as { profiles: unknown }).profiles, [
    { name: "prod", url: "https://contoso.azurewebsites.net", hasKey: true, inUse: true },
    { name: "local", url: "http://127.0.0.1:7071", hasKey: false, inUse: false },
  ]);
  const place = { home, env: {} };
  assert.deepEqual(targetOf(place, {}), { url: "https://contoso.azurewebsites.net", hint: "", key });
  assert.deepEqual(targetOf(place, { profile: "local" }), { url: "http://127.0.0.1:7071", hint: " --profile local" });
  assert.equal((await said("profile use local", { home, env: none })).code, 0);
  assert.equal(targetOf(place, {}).url, "http://127.0.0.1:7071");
  assert.equal((await said("profile remove local", { home, env: none })).code, 0);
  assert.throws(() => targetOf(place, {}), /which function app/u);
  assert.throws(() => targetOf(place, { profile: "local" }), /there is no profile "local"; known: prod/u);
  for (const line of ["profile list", "profile list --json", "profile set prod --json"]) {
    const { out, err } = await said(line, { home, env: none });
    assert.ok(!(out + err).includes(key), line);
  }
});

test("the environment goes over the profiles, and options over the environment", (t) => {
  const home = tempHome(t);
  const file = profilesFile({ home, env: {} });
  mkdirSync(dirname(file), { recursive: true });
  const profiles = { a: { url: "https://a.example", key }, b: { url: "https://b.example" } };
  writeFileSync(file, JSON.stringify({ use: "a", profiles }), { mode: 0o600 });
  const target = (env: Record<string, string>, asked: object = {}) => targetOf({ home, env }, asked);
  assert.equal(target({ LAKEFERRY_PROFILE: "b" }).url, "https://b.example");
  assert.equal(target({ LAKEFERRY_PROFILE: "b" }, { profile: "a" }).url, "https://a.example");
  assert.equal(target({ LAKEFERRY_URL: "https://c.example" }, { profile: "a" }).url, "https://a.example");
  assert.equal(target({ LAKEFERRY_KEY: "own" }).key, "own");
  // A profile's key belongs to its address.
  assert.equal(target({ LAKEFERRY_URL: "https://c.example" }).key, undefined);
  assert.equal(target({}, { url: "https://c.example" }).key, undefined);
  assert.equal(target({ LAKEFERRY_URL: "https://c.example", LAKEFERRY_KEY: "own" }).key, "own");
  assert.deepEqual(target({ LAKEFERRY_TOKEN: "ey" }), { url: "https://a.example", hint: "", key, token: "ey" });
  assert.throws(() => target({ LAKEFERRY_TOKEN: "ey" }, { url: "http://c.example" }), /plain http: keys and tokens/u);
});

test("a key that others may read, or that would travel in the clear, is refused", (t) => {
  const home = tempHome(t);
  const file = profilesFile({ home, env: {} });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ use: "a", profiles: { a: { url: "http://a.example", key } } }));
  chmodSync(file, 0o644);
  if (process.platform !== "win32") {
    assert.throws(() => targetOf({ home, env: {} }, {}), /holds keys and others may read it; .*chmod 600/u);
  }
  chmodSync(file, 0o600);
  assert.throws(
    () => targetOf({ home, env: {} }, {}),
    /http:\/\/a.example is plain http: keys and tokens go over https only/u,
  );
  const withCode = () => targetOf({ home, env: { LAKEFERRY_URL: `https://a.example/?code=${key}` } }, {});
  assert.throws(withCode, (error: Error) => /without user, query/u.test(error.message) && !error.message.includes(key));
});

test("a file that is none of ours is named, and a new address doesn't inherit a key", async (t) => {
  const home = tempHome(t);
  const env = { LAKEFERRY_URL: "", LAKEFERRY_CONFIG: join(home, "own.json") };
  for (const text of ["{", "[]", '{"profiles":{"a":{}}}', '{"use":3,"profiles":{}}']) {
    writeFileSync(env.LAKEFERRY_CONFIG, text);
    const { code, err } = await said("list", { home, env });
    assert.equal(code, 2);
    assert.match(err, /own\.json: /u);
  }
  writeFileSync(env.LAKEFERRY_CONFIG, "{}");
  const cases = [
    ["profile set n", /profile "n" is new: it needs --url/u],
    ["profile set a/b --url https://x.example", /profile "a\/b": expected letters/u],
    ["profile set n --url x", /--url x: expected an address/u],
    ["profile use n", /there is no profile "n"/u],
    ["profile remove n", /there is no profile "n"/u],
    ["profile set n --url https://x.example --key-stdin", /expected a function key, one line/u],
  ] as const;
  for (const [line, expected] of cases) {
    const { code, err } = await said(line, { home, env });
    assert.equal(code, 2, line);
    assert.match(err, expected);
  }
  const kept = async (line: string, input = "") => {
    await said(`profile set n ${line}`, { home, env, input });
    return targetOf({ home, env }, { profile: "n" }).key;
  };
  assert.equal(await kept("--url https://x.example --key-stdin", key), key);
  assert.equal(await kept("--url https://x.example"), key);
  assert.equal(await kept("--url https://y.example"), undefined);
  assert.equal(await kept("--ask-key", key), key);
  assert.equal(await kept("--no-key"), undefined);
});

test("key and token travel in headers of every request, and never in an address", async () => {
  const { fetch: plain, asked } = memoryApi();
  const tokens: (string | null)[] = [];
  const fetch: typeof plain = (input, init) => {
    tokens.push(new Request(input, init).headers.get("authorization"));
    return plain(input, init);
  };
  const env = { LAKEFERRY_KEY: key, LAKEFERRY_TOKEN: "ey" };
  await said("list", { fetch, env });
  await said("start --file-system lake --detach --id r", { fetch, env });
  await said("journal r", { fetch, env });
  assert.deepEqual(
    asked.map(({ what, key: sent }) => [what, sent]),
    [
      ["GET /migrations", key],
      ["POST /migrations", key],
      ["GET /migrations/r/journal", key],
    ],
  );
  assert.deepEqual(tokens, ["Bearer ey", "Bearer ey", "Bearer ey"]);
});
