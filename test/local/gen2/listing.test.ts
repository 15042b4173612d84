import assert from "node:assert/strict";
import { type Answer, type Ask, blobNames, failure, onBothStores, pathNames, put } from "./asking.ts";

const files = ["d10/s/f", "d10.x", "d11", "d10/t"];

async function fill(ask: Ask): Promise<void> {
  for (const name of files) await put(ask, `/fs1/${name}`, "hello", { "x-ms-meta-k": "a<b" });
}

async function pages(
  ask: Ask,
  line: string,
  names: (answer: Answer) => readonly string[],
): Promise<readonly (readonly string[])[]> {
  const all: (readonly string[])[] = [];
  for (let token = ""; ; ) {
    const answer = await ask(`${line}${encodeURIComponent(token)}`);
    assert.equal(answer.status, 200, answer.text);
    all.push(names(answer));
    const next = answer.headers["x-ms-continuation"] ?? /<NextMarker>(.+)<\/NextMarker>/.exec(answer.text)?.[1];
    if (typeof next !== "string") return all;
    token = next;
  }
}

onBothStores("E18: a listing says everything in strings", async ({ ask }) => {
  await put(ask, "/fs1/d/a.txt", "hello");
  await put(ask, "/fs1/d/b/c");
  const answer = await ask("GET /fs1?resource=filesystem&recursive=false&directory=d");
  const { paths } = JSON.parse(answer.text) as { paths: Record<string, string>[] };
  assert.match(answer.text, /\}\n$/);
  const { contentLength, group, name, owner, permissions, isDirectory, etag } = paths[0] ?? {};
  assert.deepEqual(
    [contentLength, group, name, owner, permissions, isDirectory],
    ["5", "$superuser", "d/a.txt", "$superuser", "rw-r-----", undefined],
  );
  assert.match(etag ?? "", /^0x8D/);
  assert.deepEqual([paths[1]?.["name"], paths[1]?.["isDirectory"], paths.length], ["d/b", "true", 2]);
});

onBothStores("E19: a recursive listing goes depth first, page by page", async ({ ask }) => {
  await fill(ask);
  assert.deepEqual(
    await pages(ask, "GET /fs1?resource=filesystem&recursive=true&maxResults=2&continuation=", pathNames),
    [
      ["d10", "d10/s"],
      ["d10/s/f", "d10/t"],
      ["d10.x", "d11"],
    ],
  );
});

onBothStores("E20: a listing of what is missing says what is missing", async ({ ask }) => {
  await put(ask, "/fs1/file");
  assert.equal(failure(await ask("GET /fs1?resource=filesystem&recursive=false&directory=no")), "404 PathNotFound");
  assert.equal(failure(await ask("GET /fs1?resource=filesystem&recursive=false&directory=file")), "404 PathNotFound");
  assert.equal(failure(await ask("GET /nofs?resource=filesystem&recursive=false")), "404 FilesystemNotFound");
  assert.equal(failure(await ask("GET /nofs?restype=container&comp=list")), "404 ContainerNotFound");
});

onBothStores("E35: List Blobs gives metadata and access where they are asked for", async ({ ask }) => {
  await fill(ask);
  const line = "GET /fs1?restype=container&comp=list&prefix=d10/&delimiter=/";
  const { text } = await ask(`${line}&include=metadata,permissions`);
  assert.match(text, /<BlobPrefix><Name>d10\/s\/<\/Name><\/BlobPrefix>/);
  const blob = /<Blob><Name>d10\/t<\/Name>.*<\/Blob>/s.exec(text)?.[0] ?? "";
  for (const part of [
    "<Content-Length>5</Content-Length>",
    "<Content-MD5>XUFAKrxLKna5cZ2REBfFkg==</Content-MD5>",
    "<ResourceType>file</ResourceType>",
    "<Owner>$superuser</Owner>",
    "<Group>$superuser</Group>",
    "<Permissions>rw-r-----</Permissions>",
    "<Acl>user::rw-,group::r--,other::---</Acl>",
    "<Metadata><k>a&lt;b</k></Metadata>",
  ]) {
    assert.ok(blob.includes(part), part);
  }
  assert.doesNotMatch((await ask(line)).text, /<Acl>|<Metadata>/);
});

onBothStores(
  "E36: a folder's prefix carries its properties when the switch says so",
  async ({ ask }) => {
    await fill(ask);
    const { text } = await ask("GET /fs1?restype=container&comp=list&delimiter=/&include=metadata,permissions");
    assert.match(
      text,
      /<BlobPrefix><Name>d10\/<\/Name><Properties>.*<Permissions>rwxr-x---<\/Permissions>.*<hdi_isfolder>true<\/hdi_isfolder>/,
    );
  },
  { blobPrefixProperties: true },
);

onBothStores(
  "E37: a flat listing by segment holds files and folders, folders before what is in them",
  async ({ ask }) => {
    await fill(ask);
    assert.deepEqual(await pages(ask, "GET /fs1?restype=container&comp=list&maxresults=4&marker=", blobNames), [
      ["d10", "d10/s", "d10/s/f", "d10/t"],
      ["d10.x", "d11"],
    ]);
    assert.deepEqual(
      await pages(ask, "GET /fs1?restype=container&comp=list&prefix=d10&maxresults=1&delimiter=/&marker=", blobNames),
      [["d10/"], ["d10.x"]],
    );
    assert.deepEqual(blobNames(await ask("GET /fs1?restype=container&comp=list&prefix=d10/s")), ["d10/s", "d10/s/f"]);
    assert.deepEqual(blobNames(await ask("GET /fs1?restype=container&comp=list&prefix=no/where/")), []);
  },
);

onBothStores(
  "E37: in plain string order a longer name may come between a folder and what is in it",
  async ({ ask }) => {
    await fill(ask);
    assert.deepEqual(
      (await pages(ask, "GET /fs1?restype=container&comp=list&maxresults=1&marker=", blobNames)).flat(),
      ["d10", "d10.x", "d10/s", "d10/s/f", "d10/t", "d11"],
    );
    assert.deepEqual(
      (await pages(ask, "GET /fs1?restype=container&comp=list&maxresults=1&delimiter=/&marker=", blobNames)).flat(),
      ["d10.x", "d10/", "d11"],
    );
  },
  { order: "utf16" },
);

for (const [order, expected] of [
  ["utf16", ["a", "\u{1F600}", "\uFF01"]],
  ["utf8", ["a", "\uFF01", "\u{1F600}"]],
] as const) {
  onBothStores(
    `E37: the order ${order} sorts supplementary characters as it says`,
    async ({ ask }) => {
      for (const name of expected) await put(ask, `/fs1/${encodeURIComponent(name)}`);
      assert.deepEqual(pathNames(await ask("GET /fs1?resource=filesystem&recursive=false")), expected);
    },
    { order },
  );
}

onBothStores("a listing goes on where it stopped, though names come and go", async ({ ask }) => {
  for (const name of ["a", "b", "c", "d"]) await put(ask, `/fs1/${name}`);
  const first = await ask("GET /fs1?resource=filesystem&recursive=true&maxResults=2");
  await ask("DELETE /fs1/c");
  await put(ask, "/fs1/bb");
  await put(ask, "/fs1/cc/x");
  const token = encodeURIComponent(String(first.headers["x-ms-continuation"]));
  const rest = await ask(`GET /fs1?resource=filesystem&recursive=true&continuation=${token}`);
  assert.deepEqual([...pathNames(first), ...pathNames(rest)], ["a", "b", "cc", "cc/x", "d"]);
});

onBothStores("file systems are listed in both protocols, and go with their content", async ({ ask }) => {
  await put(ask, "/fs1/a/b");
  await ask("PUT /fs2?restype=container", { "x-ms-meta-k": "v" });
  assert.deepEqual(blobNames(await ask("GET /?comp=list")), ["fs1", "fs2"]);
  const { filesystems } = JSON.parse((await ask("GET /?resource=account")).text) as { filesystems: { name: string }[] };
  assert.deepEqual(
    filesystems.map(({ name }) => name),
    ["fs1", "fs2"],
  );
  assert.equal((await ask("HEAD /fs2?restype=container")).headers["x-ms-meta-k"], "v");
  assert.equal((await ask("DELETE /fs1?restype=container")).status, 202);
  assert.equal(failure(await put(ask, "/fs1/a/b")), "404 ContainerNotFound");
});
