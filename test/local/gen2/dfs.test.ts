import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { failure, headerOf, onBothStores, put } from "./asking.ts";

const oid = "11111111-2222-3333-4444-555555555555";

onBothStores("E1, E2: a file system is created once, in the words of the protocol that asks", async ({ ask }) => {
  const blob = await ask("PUT /fs2?restype=container", { accept: "application/xml" });
  assert.equal(blob.status, 201);
  assert.match(headerOf(blob, "etag"), /^"0x8D/);
  const again = await ask("PUT /fs2?restype=container", { accept: "application/xml" });
  assert.equal(failure(again), "409 ContainerAlreadyExists");
  assert.match(again.text, /<Code>ContainerAlreadyExists<\/Code>/);
  const dfs = await ask("PUT /fs3?resource=filesystem");
  assert.equal(headerOf(dfs, "x-ms-namespace-enabled"), "true");
  const dfsAgain = await ask("PUT /fs3?resource=filesystem");
  assert.equal(failure(dfsAgain), "409 FilesystemAlreadyExists");
  assert.equal((JSON.parse(dfsAgain.text) as { error: { code: string } }).error.code, "FilesystemAlreadyExists");
});

onBothStores("E3: creating a file makes its folders, with default permissions", async ({ ask }) => {
  const created = await ask("PUT /fs1/d/a.txt?resource=file");
  assert.equal(created.status, 201);
  assert.equal(headerOf(created, "x-ms-request-server-encrypted"), "true");
  const folder = await ask("HEAD /fs1/d?action=getAccessControl");
  assert.equal(headerOf(folder, "x-ms-permissions"), "rwxr-x---");
});

onBothStores("E4: If-None-Match: * creates only what is not there", async ({ ask }) => {
  const guard = { "if-none-match": "*" };
  assert.equal((await ask("PUT /fs1/d/a.txt?resource=file", guard)).status, 201);
  const again = await ask("PUT /fs1/d/a.txt?resource=file", guard);
  assert.equal(failure(again), "409 PathAlreadyExists");
  assert.equal(headerOf(again, "x-ms-existing-resource-type"), "file");
});

onBothStores("E5: creating a folder again keeps its children", async ({ ask }) => {
  await put(ask, "/fs1/d/a.txt", "hello");
  assert.equal((await ask("PUT /fs1/d?resource=directory")).status, 201);
  assert.equal((await ask("GET /fs1/d/a.txt")).text, "hello");
});

onBothStores("E6: appended bytes are content only after the flush", async ({ ask }) => {
  await ask("PUT /fs1/a.txt?resource=file");
  const appended = await ask("PATCH /fs1/a.txt?action=append&position=0", {}, "hello");
  assert.equal(appended.status, 202);
  assert.equal(appended.headers["etag"], undefined);
  assert.equal((await ask("GET /fs1/a.txt")).text, "");
  const flushed = await ask("PATCH /fs1/a.txt?action=flush&position=5");
  assert.equal(flushed.status, 200);
  assert.equal(headerOf(flushed, "etag"), headerOf(await ask("HEAD /fs1/a.txt"), "etag"));
  assert.equal((await ask("GET /fs1/a.txt")).text, "hello");
});

onBothStores("E7: an append with flush=true is content at once, of the type the request had", async ({ ask }) => {
  await ask("PUT /fs1/a.txt?resource=file");
  const line = "PATCH /fs1/a.txt?action=append&position=0&flush=true&close=true";
  const appended = await ask(line, { "content-type": "text/plain" }, "hello");
  assert.equal(appended.status, 202);
  const head = await ask("HEAD /fs1/a.txt");
  assert.equal(headerOf(head, "etag"), headerOf(appended, "etag"));
  assert.equal(headerOf(head, "content-length"), "5");
  assert.equal(headerOf(head, "content-type"), "text/plain");
});

onBothStores("E8: a flush position other than the length is refused", async ({ ask }) => {
  await ask("PUT /fs1/a.txt?resource=file");
  await ask("PATCH /fs1/a.txt?action=append&position=0", {}, "hello");
  assert.equal(failure(await ask("PATCH /fs1/a.txt?action=flush&position=4")), "400 InvalidFlushPosition");
  assert.equal(failure(await ask("PATCH /fs1/a.txt?action=flush&position=6")), "400 InvalidFlushPosition");
});

onBothStores("E9: appends may come in any order, but leave no gap", async ({ ask }) => {
  await ask("PUT /fs1/a.txt?resource=file");
  await ask("PATCH /fs1/a.txt?action=append&position=4", {}, "efgh");
  assert.equal(failure(await ask("PATCH /fs1/a.txt?action=flush&position=8")), "400 InvalidFlushPosition");
  await ask("PATCH /fs1/a.txt?action=append&position=0", {}, "abcd");
  assert.equal((await ask("PATCH /fs1/a.txt?action=flush&position=8")).status, 200);
  await ask("PATCH /fs1/a.txt?action=append&position=8", {}, "ij");
  assert.equal((await ask("PATCH /fs1/a.txt?action=flush&position=10")).status, 200);
  assert.equal((await ask("GET /fs1/a.txt")).text, "abcdefghij");
});

onBothStores("a flush that retains uncommitted data leaves later appends for the next one", async ({ ask }) => {
  await ask("PUT /fs1/a.txt?resource=file");
  await ask("PATCH /fs1/a.txt?action=append&position=0", {}, "abcd");
  await ask("PATCH /fs1/a.txt?action=append&position=4", {}, "efgh");
  assert.equal((await ask("PATCH /fs1/a.txt?action=flush&position=4&retainUncommittedData=true")).status, 200);
  assert.equal((await ask("GET /fs1/a.txt")).text, "abcd");
  assert.equal((await ask("PATCH /fs1/a.txt?action=flush&position=8")).status, 200);
  assert.equal((await ask("GET /fs1/a.txt")).text, "abcdefgh");
});

onBothStores(
  "E10: an append must have a body, and not too long a one",
  async ({ ask }) => {
    await ask("PUT /fs1/a.txt?resource=file");
    assert.equal(failure(await ask("PATCH /fs1/a.txt?action=append&position=0")), "400 InvalidHeaderValue");
    const long = await ask("PATCH /fs1/a.txt?action=append&position=0", {}, "x".repeat(11));
    assert.equal(failure(long), "413 RequestBodyTooLarge");
  },
  { maxAppendBytes: 10 },
);

onBothStores("E11: a body that doesn't match its checksum leaves no trace", async ({ ask, gen2 }) => {
  const wrong = createHash("md5").update("other").digest("base64");
  const right = createHash("md5").update("hello").digest("base64");
  await ask("PUT /fs1/a.txt?resource=file");
  const before = await gen2.dump();
  const line = "PATCH /fs1/a.txt?action=append&position=0&flush=true";
  assert.equal(failure(await ask(line, { "content-md5": wrong }, "hello")), "400 Md5Mismatch");
  assert.equal(failure(await put(ask, "/fs1/b", "hello", { "content-md5": wrong })), "400 Md5Mismatch");
  assert.equal(
    failure(await put(ask, "/fs1/b", "hello", { "x-ms-content-crc64": "AAAAAAAAAAA=" })),
    "400 Crc64Mismatch",
  );
  assert.deepEqual(await gen2.dump(), before);
  assert.equal((await put(ask, "/fs1/b", "hello", { "x-ms-blob-content-md5": right })).status, 201);
  assert.equal(headerOf(await ask("HEAD /fs1/b"), "content-md5"), right);
});

onBothStores(
  "E12: permissions are cut by the umask; without either a file is rw-r----- and a folder rwxr-x---",
  async ({ ask }) => {
    await ask("PUT /fs1/d?resource=directory", { "x-ms-permissions": "0777", "x-ms-umask": "0057" });
    await ask("PUT /fs1/e?resource=directory");
    await ask("PUT /fs1/f?resource=file");
    await ask("PUT /fs1/g?resource=file", { "x-ms-permissions": "rwxrwxrwx", "x-ms-umask": "0000" });
    const permissions = async (name: string) =>
      headerOf(await ask(`HEAD /fs1/${name}?action=getAccessControl`), "x-ms-permissions");
    assert.equal(await permissions("d"), "rwx-w----");
    assert.equal(await permissions("e"), "rwxr-x---");
    assert.equal(await permissions("f"), "rw-r-----");
    assert.equal(await permissions("g"), "rwxrwxrwx");
  },
);

onBothStores("E13: owner, ACL and expiry can come with the creation", async ({ ask, gen2 }) => {
  const acl = `user::rwx,user:${oid}:r-x,group::r-x,mask::r-x,other::---`;
  const expiresMs = Math.ceil(gen2.clock.nowMs() / 1000) * 1000 + 60_000;
  const created = await ask("PUT /fs1/a.txt?resource=file", {
    "x-ms-acl": acl,
    "x-ms-owner": oid,
    "x-ms-expiry-option": "Absolute",
    "x-ms-expiry-time": new Date(expiresMs).toUTCString(),
  });
  assert.equal(created.status, 201);
  const access = await ask("HEAD /fs1/a.txt?action=getAccessControl");
  assert.equal(headerOf(access, "x-ms-owner"), oid);
  assert.equal(headerOf(access, "x-ms-permissions"), "rwxr-x---+");
  assert.equal(headerOf(access, "x-ms-acl"), acl);
  gen2.clock.advance(120_000);
  assert.equal(failure(await ask("HEAD /fs1/a.txt")), "404 PathNotFound");
});

onBothStores("E14: children inherit a folder's default ACL in both protocols", async ({ ask }) => {
  const acl = `user::rwx,group::r-x,other::---,default:user::rwx,default:user:${oid}:r-x,default:group::r-x,default:mask::r-x,default:other::---`;
  await ask("PUT /fs1/d?resource=directory");
  await ask("PATCH /fs1/d?action=setAccessControl", { "x-ms-acl": acl });
  await ask("PUT /fs1/d/f?resource=file");
  await ask("PUT /fs1/d/e?resource=directory");
  await put(ask, "/fs1/d/g");
  for (const name of ["f", "g"]) {
    const access = await ask(`HEAD /fs1/d/${name}?action=getAccessControl`);
    assert.match(headerOf(access, "x-ms-acl"), new RegExp(`user:${oid}:r-x`));
    assert.doesNotMatch(headerOf(access, "x-ms-acl"), /default:/);
    assert.match(headerOf(access, "x-ms-permissions"), /\+$/);
  }
  const folder = headerOf(await ask("HEAD /fs1/d/e?action=getAccessControl"), "x-ms-acl");
  assert.match(folder, new RegExp(`,user:${oid}:r-x,`));
  assert.match(folder, new RegExp(`,default:user:${oid}:r-x,`));
});

onBothStores("E15: a change of access keeps ETag and time", async ({ ask }) => {
  await put(ask, "/fs1/a");
  const before = await ask("HEAD /fs1/a");
  const acl = `user::rw-,user:${oid}:r--,group::r--,other::---`;
  const changed = await ask("PATCH /fs1/a?action=setAccessControl", {
    "x-ms-owner": oid,
    "x-ms-group": "g1",
    "x-ms-acl": acl,
  });
  assert.equal(changed.status, 200);
  const after = await ask("HEAD /fs1/a");
  assert.equal(headerOf(after, "etag"), headerOf(before, "etag"));
  assert.equal(headerOf(after, "last-modified"), headerOf(before, "last-modified"));
  assert.equal(headerOf(after, "x-ms-owner"), oid);
  assert.equal(headerOf(after, "x-ms-group"), "g1");
  assert.equal(headerOf(after, "x-ms-acl"), `user::rw-,user:${oid}:r--,group::r--,mask::r--,other::---`);
  const both = await ask("PATCH /fs1/a?action=setAccessControl", { "x-ms-permissions": "0600", "x-ms-acl": acl });
  assert.equal(both.status, 400);
});

onBothStores("E16: an ACL that can't be is refused and changes nothing", async ({ ask, gen2 }) => {
  await put(ask, "/fs1/a");
  const before = await gen2.dump();
  const many = Array.from({ length: 30 }, (_, index) => `user:u${index}:r--`).join(",");
  const bad = [
    `user::rwx,${many},group::r-x,mask::r-x,other::---`,
    "user::rwx,group::r-x,other::---,default:user::rwx,default:group::r-x,default:other::---",
    "user::rwx,group::r-x",
    "user::rwx,group::r-x,other::zzz",
  ];
  for (const acl of bad)
    assert.equal((await ask("PATCH /fs1/a?action=setAccessControl", { "x-ms-acl": acl })).status, 400, acl);
  assert.deepEqual(await gen2.dump(), before);
});

onBothStores("E17: a recursive change of ACLs goes through everything, a batch at a time", async ({ ask, gen2 }) => {
  for (const name of ["d/a", "d/e/b", "d/e/c"]) await put(ask, `/fs1/${name}`);
  const answers: unknown[] = [];
  for (let token = ""; ; ) {
    const line = `PATCH /fs1/d?action=setAccessControlRecursive&mode=modify&maxRecords=2&forceFlag=true&continuation=${encodeURIComponent(token)}`;
    const answer = await ask(line, { "x-ms-acl": `user:${oid}:r-x` });
    assert.equal(answer.status, 200);
    answers.push(JSON.parse(answer.text));
    const next = answer.headers["x-ms-continuation"];
    if (typeof next !== "string") break;
    token = next;
  }
  assert.deepEqual(answers, [
    { directoriesSuccessful: 1, failedEntries: [], failureCount: 0, filesSuccessful: 1 },
    { directoriesSuccessful: 1, failedEntries: [], failureCount: 0, filesSuccessful: 1 },
    { directoriesSuccessful: 0, failedEntries: [], failureCount: 0, filesSuccessful: 1 },
  ]);
  for (const item of await gen2.dump())
    assert.equal(item.acl.includes(`user:${oid}:r-x`), item.path.startsWith("fs1/d"), item.path);
  await ask("PATCH /fs1/d?action=setAccessControlRecursive&mode=remove", { "x-ms-acl": `user:${oid}` });
  for (const item of await gen2.dump()) assert.doesNotMatch(item.acl, new RegExp(oid));
});

onBothStores(
  "E21, E22: HEAD answers both protocols at once, and says what is missing in the caller's words",
  async ({ ask }) => {
    await put(ask, "/fs1/d/a.txt", "hello", { "x-ms-meta-k": "v" });
    const head = await ask("HEAD /fs1/d/a.txt");
    assert.equal(headerOf(head, "content-length"), "5");
    assert.equal(headerOf(head, "x-ms-resource-type"), "file");
    assert.equal(headerOf(head, "x-ms-blob-type"), "BlockBlob");
    assert.equal(headerOf(head, "x-ms-owner"), "$superuser");
    assert.equal(headerOf(head, "x-ms-permissions"), "rw-r-----");
    assert.equal(headerOf(head, "x-ms-meta-k"), "v");
    assert.equal(headerOf(head, "x-ms-properties"), "k=dg==");
    const folder = await ask("HEAD /fs1/d");
    assert.equal(headerOf(folder, "x-ms-resource-type"), "directory");
    assert.equal(headerOf(folder, "x-ms-meta-hdi_isfolder"), "true");
    assert.equal(failure(await ask("HEAD /fs1/no", { accept: "application/xml" })), "404 BlobNotFound");
    assert.equal(failure(await ask("HEAD /fs1/no")), "404 PathNotFound");
  },
);

onBothStores("E23: a range is answered with that range", async ({ ask }) => {
  await put(ask, "/fs1/a", "hello");
  const range = await ask("GET /fs1/a", { "x-ms-range": "bytes=2-4" });
  assert.equal(range.status, 206);
  assert.equal(range.text, "llo");
  assert.equal(headerOf(range, "content-range"), "bytes 2-4/5");
  assert.equal((await ask("GET /fs1/a", { range: "bytes=3-" })).text, "lo");
  assert.equal(failure(await ask("GET /fs1/a", { range: "bytes=5-" })), "416 InvalidRange");
});

onBothStores(
  "E24: a rename moves content, access and properties, and replaces a file at the new name",
  async ({ ask, gen2 }) => {
    await put(ask, "/fs1/d/e/a.txt", "hello", { "x-ms-meta-k": "v" });
    await put(ask, "/fs1/old.txt", "old");
    await ask("PATCH /fs1/d/e/a.txt?action=setAccessControl", { "x-ms-owner": oid });
    const renamed = await ask("PUT /fs1/old.txt?mode=legacy", {
      "x-ms-rename-source": `/${gen2.account}/fs1/d/e/a.txt`,
    });
    assert.equal(renamed.status, 201);
    const head = await ask("HEAD /fs1/old.txt");
    assert.deepEqual([headerOf(head, "x-ms-owner"), headerOf(head, "x-ms-meta-k")], [oid, "v"]);
    assert.equal((await ask("GET /fs1/old.txt")).text, "hello");
    await put(ask, "/fs1/d/e/b", "b");
    await ask("PATCH /fs1/d/e/b?action=setAccessControl", { "x-ms-group": "g1" });
    assert.equal((await ask("PUT /fs1/n%20w?mode=legacy", { "x-ms-rename-source": "/fs1/d" })).status, 201);
    assert.equal(headerOf(await ask("HEAD /fs1/n%20w/e/b"), "x-ms-group"), "g1");
    assert.equal(failure(await ask("HEAD /fs1/d")), "404 PathNotFound");
    const missing = await ask("PUT /fs1/x?mode=legacy", { "x-ms-rename-source": "/fs1/no" });
    assert.equal(failure(missing), "404 SourcePathNotFound");
    const inside = await ask("PUT /fs1/n%20w/x?mode=legacy", { "x-ms-rename-source": "/fs1/n%20w" });
    assert.equal(failure(inside), "409 InvalidRenameSourcePath");
  },
);

onBothStores("E25: a folder with children goes only when that is asked for", async ({ ask }) => {
  await put(ask, "/fs1/d/e/a");
  assert.equal(failure(await ask("DELETE /fs1/d")), "409 DirectoryNotEmpty");
  assert.equal((await ask("DELETE /fs1/d?recursive=true&paginated=false")).status, 200);
  assert.equal(failure(await ask("DELETE /fs1/d?recursive=true")), "404 PathNotFound");
  await ask("PUT /fs1/d?resource=directory");
  assert.equal(failure(await ask("HEAD /fs1/d/e")), "404 PathNotFound");
});

onBothStores(
  "the control endpoint gives the whole state as JSON Lines, without times and ETags",
  async ({ ask, gen2 }) => {
    await put(ask, "/fs1/d/a", "hello", { "x-ms-meta-k": "v" });
    const reply = await fetch(`http://127.0.0.1:${gen2.port}/_control/dump`);
    const lines = (await reply.text()).trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line): unknown => JSON.parse(line)),
      JSON.parse(JSON.stringify(await gen2.dump())),
    );
    assert.deepEqual(JSON.parse(lines[2] ?? ""), {
      path: "fs1/d/a",
      type: "file",
      bytes: 5,
      md5: "XUFAKrxLKna5cZ2REBfFkg==",
      owner: "$superuser",
      group: "$superuser",
      permissions: "rw-r-----",
      acl: "user::rw-,group::r--,other::---",
      metadata: { k: "v" },
      headers: { "content-type": "application/octet-stream" },
    });
  },
);

onBothStores("names that the service refuses are refused", async ({ ask }) => {
  const deep = (segments: number) => `/fs1/${Array.from({ length: segments }, () => "d").join("/")}`;
  assert.equal((await ask(`PUT ${deep(60)}?resource=directory`)).status, 201);
  assert.equal(failure(await ask(`PUT ${deep(61)}?resource=directory`)), "409 PathIsTooDeep");
  assert.equal((await put(ask, `/fs1/${"x".repeat(1024)}`)).status, 201);
  for (const name of ["x".repeat(1025), "a%01b", "a/%2E%2E/b", "a/./b", "a//b", "%FF", "%EF%BF%BE"]) {
    assert.equal((await put(ask, `/fs1/${name}`)).status, 400, name.slice(0, 20));
  }
});

onBothStores("a path below a file, and a kind in place of the other, are conflicts", async ({ ask }) => {
  await put(ask, "/fs1/a");
  await ask("PUT /fs1/d?resource=directory");
  assert.equal(failure(await ask("PUT /fs1/a/b?resource=file")), "409 PathConflict");
  assert.equal((await put(ask, "/fs1/a/b/c")).status, 409);
  assert.equal(failure(await ask("PUT /fs1/a?resource=directory")), "409 PathConflict");
  assert.equal(failure(await ask("PUT /fs1/d?resource=file")), "409 PathConflict");
});

onBothStores("PUT with a method override, properties and leases work as the service's do", async ({ ask }) => {
  await put(ask, "/fs1/a", "hello", { "x-ms-meta-old": "1" });
  const set = await ask("PUT /fs1/a?action=setProperties", {
    "x-http-method-override": "PATCH",
    "x-ms-properties": "new=Mg==",
  });
  assert.equal(set.status, 200);
  const head = await ask("HEAD /fs1/a");
  assert.deepEqual([head.headers["x-ms-meta-old"], head.headers["x-ms-meta-new"]], [undefined, "2"]);
  const lease = await ask("POST /fs1/a", {
    "x-ms-lease-action": "acquire",
    "x-ms-lease-duration": "-1",
    "x-ms-proposed-lease-id": oid,
  });
  assert.equal(lease.status, 201);
  assert.equal(failure(await put(ask, "/fs1/a")), "412 LeaseIdMissing");
  assert.equal((await put(ask, "/fs1/a", "x", { "x-ms-lease-id": oid })).status, 201);
  assert.equal((await ask("POST /fs1/a", { "x-ms-lease-action": "release", "x-ms-lease-id": oid })).status, 200);
  assert.equal((await put(ask, "/fs1/a")).status, 201);
});
