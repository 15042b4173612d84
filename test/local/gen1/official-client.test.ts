import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type { Readable } from "node:stream";
import { test } from "node:test";
import { memoryLake } from "./kit.ts";

// Neither package has types; this is what the test uses of them.
type FileSystem = {
  create(account: string, path: string, options: object): Promise<void>;
  append(account: string, path: string, content: Buffer, options?: object): Promise<void>;
  concurrentAppend(account: string, path: string, content: Buffer, options?: object): Promise<void>;
  open(account: string, path: string, options: object, done: (error: Error | null, body: Readable) => void): void;
  listFileStatus(
    account: string,
    path: string,
    options?: object,
  ): Promise<{ fileStatuses: { fileStatus: { pathSuffix: string }[] } }>;
  getFileStatus(account: string, path: string): Promise<{ fileStatus: { length: number; expirationTime: number } }>;
  getAclStatus(account: string, path: string): Promise<{ aclStatus: { entries: string[] } }>;
  setAcl(account: string, path: string, spec: string): Promise<void>;
  modifyAclEntries(account: string, path: string, spec: string): Promise<void>;
  removeAclEntries(account: string, path: string, spec: string): Promise<void>;
  mkdirs(account: string, path: string): Promise<{ operationResult: boolean }>;
  rename(account: string, path: string, destination: string): Promise<{ operationResult: boolean }>;
  deleteMethod(account: string, path: string, options?: object): Promise<{ operationResult: boolean }>;
  setFileExpiry(account: string, path: string, option: string, options?: object): Promise<void>;
};
const require = createRequire(import.meta.url);
const { DataLakeStoreFileSystemClient } = require("azure-arm-datalake-store") as {
  DataLakeStoreFileSystemClient: new (credentials: object) => { baseUri: string; fileSystem: FileSystem };
};
const { TokenCredentials } = require("ms-rest") as { TokenCredentials: new (token: string) => object };

async function fileSystem(t: Parameters<typeof memoryLake>[0]): Promise<FileSystem> {
  const lake = await memoryLake(t, { token: "tok" });
  const client = new DataLakeStoreFileSystemClient(new TokenCredentials("tok"));
  client.baseUri = lake.url;
  return client.fileSystem;
}

test("Microsoft's client creates, appends, reads and lists by pages", async (t) => {
  const lake = await fileSystem(t);
  for (const name of ["a b", "c+d", "é%"])
    await lake.create("acct", `/dir one/${name}`, { streamContents: Buffer.from("abc") });
  await lake.append("acct", "/dir one/a b", Buffer.from("def"));
  assert.equal(await read(lake, "/dir one/a b", { offset: 1, length: 4 }), "bcde");
  const names = async (options: object) =>
    (await lake.listFileStatus("acct", "/dir one", options)).fileStatuses.fileStatus.map(
      ({ pathSuffix }) => pathSuffix,
    );
  assert.deepEqual(await names({ listSize: 2 }), ["a b", "c+d"]);
  assert.deepEqual(await names({ listSize: 2, listAfter: "c+d" }), ["é%"]);
  assert.equal((await lake.getFileStatus("acct", "/dir one/a b")).fileStatus.length, 6);
});

test("Microsoft's client appends concurrently, with the two framings it sends at once", async (t) => {
  const lake = await fileSystem(t);
  await lake.concurrentAppend("acct", "/log", Buffer.from("one"), { appendMode: "autocreate" });
  await lake.concurrentAppend("acct", "/log", Buffer.from("two"), { appendMode: "autocreate", syncFlag: "CLOSE" });
  assert.equal(await read(lake, "/log", {}), "onetwo");
});

test("Microsoft's client reads and changes ACLs", async (t) => {
  const lake = await fileSystem(t);
  const user = "11111111-1111-1111-1111-111111111111";
  await lake.mkdirs("acct", "/d");
  await lake.setAcl("acct", "/d", `user::rwx,user:${user}:r-x,group::r-x,other::---`);
  await lake.modifyAclEntries("acct", "/d", `user:${user}:rwx`);
  const entries = async () => (await lake.getAclStatus("acct", "/d")).aclStatus.entries;
  assert.deepEqual(await entries(), ["user::rwx", `user:${user}:rwx`, "group::r-x", "mask::rwx", "other::---"]);
  await lake.removeAclEntries("acct", "/d", `user:${user}`);
  assert.deepEqual(await entries(), ["user::rwx", "group::r-x", "mask::rwx", "other::---"]);
});

test("Microsoft's client renames, deletes and sets an expiry", async (t) => {
  const lake = await fileSystem(t);
  await lake.create("acct", "/d/a", { streamContents: Buffer.from("abc") });
  await lake.setFileExpiry("acct", "/d/a", "Absolute", { expireTime: 9_000_000_000_000 });
  assert.equal((await lake.getFileStatus("acct", "/d/a")).fileStatus.expirationTime, 9_000_000_000_000);
  assert.equal((await lake.rename("acct", "/d/a", "/d/b")).operationResult, true);
  assert.equal((await lake.deleteMethod("acct", "/d", { recursive: true })).operationResult, true);
  await assert.rejects(lake.getFileStatus("acct", "/d/b"), { statusCode: 404 });
});

// The client's body flows at once: by the time a promise for it is kept, a small one has gone by unheard.
function read(lake: FileSystem, path: string, options: object): Promise<string> {
  return new Promise((resolve, reject) => {
    lake.open("acct", path, options, (error, body) => {
      if (error) return reject(error);
      const chunks: Buffer[] = [];
      body.on("data", (chunk: Buffer) => chunks.push(chunk));
      body.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      body.on("error", reject);
    });
  });
}
