import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import {
  DataLakeServiceClient,
  type PathAccessControlItem,
  type PathPermissions,
  StorageSharedKeyCredential,
} from "@azure/storage-file-datalake";
import { changesTo } from "../../src/core/access.ts";
import { type AclEntry, modeBitsOf, parseAcl } from "../../src/core/acl.ts";
import type { LakePath } from "../../src/core/path.ts";
import { emulatedSink } from "../kit/emulated.ts";

const oid = "11111111-1111-4111-8111-111111111111";
const origin = { run: "r", bytes: 5, modifiedMs: 1 };
const at = (path: string) => path as LakePath;
const roles = (bits: number) => ({ read: (bits & 4) !== 0, write: (bits & 2) !== 0, execute: (bits & 1) !== 0 });
const asSdk = ({ scope, type, id, bits }: AclEntry): PathAccessControlItem => ({
  accessControlType: type,
  entityId: id,
  defaultScope: scope === "default",
  permissions: roles(bits),
});

test("Microsoft's own client finds the access, expiry, tier, checksum and provenance that ours has written", async () => {
  const { sink, gen2, close } = await emulatedSink({ store: "memory" });
  try {
    const service = new DataLakeServiceClient(
      gen2.url,
      new StorageSharedKeyCredential(gen2.account, gen2.accountKey ?? assert.fail("no key")),
    );
    const theirs = service.getFileSystemClient("lake");
    const ours = sink("lake");
    await ours.makeFileSystem(origin);

    const folderAcl = parseAcl(
      `user::rwx,group::rwx,other::r-x,default:user::rwx,default:user:${oid}:rwx,default:group::r-x,default:other::---`,
      "/d",
    );
    const wanted = { owner: oid, group: oid, acl: folderAcl, isSticky: true };
    const [access, ...more] = changesTo(wanted, await ours.getAccess(at("/")));
    assert.ok(access !== undefined);
    await ours.makeFolder(at("/d"), { ...origin, access });
    for (const change of more) await ours.setAccess(at("/d"), change, undefined);
    const folder = await theirs.getDirectoryClient("d").getAccessControl();
    assert.deepEqual([folder.owner, folder.group], [oid, oid]);
    assert.deepEqual(sorted(folder.acl), sorted(folderAcl.map(asSdk)));
    assert.deepEqual(folder.permissions, permissionsOf(modeBitsOf(folderAcl), true, true));
    assert.equal((await theirs.getDirectoryClient("d").getProperties()).metadata?.["lakeferry_run"], "r");

    const content = Buffer.from("hello");
    const fileAcl = parseAcl(`user::rw-,user:${oid}:r-x,group::---,other::--x`, "/d/f");
    await ours.putFile(at("/d/f"), content, { ...origin, accessTier: "Cool", name: "f\\" }, { replaces: "nothing" });
    await ours.setAccess(at("/d/f"), { owner: "$superuser", rights: { by: "acl", acl: fileAcl } }, undefined);
    await ours.setExpiry(at("/d/f"), 4_102_444_800_000, (await ours.stat(at("/d/f")))?.etag ?? "");
    const client = theirs.getFileClient("d/f");
    const file = await client.getAccessControl();
    assert.deepEqual([file.owner, file.group], ["$superuser", oid]);
    assert.deepEqual(sorted(file.acl), sorted(fileAcl.map(asSdk)));
    const { expiresOn, accessTier, contentMD5, metadata } = await client.getProperties();
    assert.deepEqual([expiresOn?.getTime(), accessTier], [4_102_444_800_000, "Cool"]);
    assert.deepEqual(Buffer.from(contentMD5 ?? []).toString("hex"), hash("md5", content, "hex"));
    assert.deepEqual(metadata, {
      lakeferry_run: "r",
      lakeferry_length: "5",
      lakeferry_modified: "1",
      lakeferry_name: '"f\\\\"',
    });
  } finally {
    await close();
  }
});

function sorted(acl: readonly PathAccessControlItem[]): readonly string[] {
  return acl
    .map((entry) => JSON.stringify(entry, Object.keys(entry).toSorted().concat("read", "write", "execute")))
    .toSorted();
}

function permissionsOf(bits: number, stickyBit: boolean, extendedAcls: boolean): PathPermissions {
  return { owner: roles(bits >> 6), group: roles(bits >> 3), other: roles(bits), stickyBit, extendedAcls };
}
