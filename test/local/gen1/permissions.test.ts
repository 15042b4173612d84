import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultGroup, defaultOwner } from "../../../local/gen1/access.ts";
import { exceptionOf, memoryLake, onBothStores, type TestLake } from "./kit.ts";

const ann = "11111111-1111-1111-1111-111111111111";
const bob = "22222222-2222-2222-2222-222222222222";

onBothStores("an item without an ACL of its own shows its three base entries", async (start) => {
  const lake = await start();
  await lake.write("/a", "");
  for (const op of ["GETACLSTATUS", "MSGETACLSTATUS"]) {
    assert.deepEqual(await lake.json("GET", `a?op=${op}`), {
      AclStatus: {
        entries: ["user::rwx", "group::rwx", "other::---"],
        owner: defaultOwner,
        group: defaultGroup,
        permission: "770",
        stickyBit: false,
      },
    });
  }
});

onBothStores("SETACL with a named user and no mask adds the mask and sets aclBit", async (start) => {
  const lake = await start();
  await lake.write("/a", "");
  await done(lake, `a?op=SETACL&aclspec=user::rwx,user:${ann}:r-x,group::rwx,other::---`);
  assert.deepEqual(await lake.acl("/a"), ["user::rwx", `user:${ann}:r-x`, "group::rwx", "mask::rwx", "other::---"]);
  assert.equal((await lake.status("/a"))["aclBit"], true);
});

onBothStores("SETACL needs the base entries, a known grammar, and a folder for default entries", async (start) => {
  const lake = await start();
  await lake.write("/a", "");
  for (const spec of [
    `user:${ann}:r-x`,
    "user::rwx,group::rwx,other::rwq",
    "",
    "user::rwx,user::r--,group::r--,other::---",
  ]) {
    const answer = await lake.ask("PUT", `a?op=SETACL&aclspec=${spec}`);
    assert.deepEqual([answer.status, exceptionOf(answer)], [400, "IllegalArgumentException"]);
  }
  const base = "user::rwx,group::rwx,other::---,default:user::rwx,default:group::rwx,default:other::---";
  assert.equal((await lake.ask("PUT", `a?op=SETACL&aclspec=${base}`)).status, 400);
  assert.equal((await lake.ask("PUT", `?op=SETACL&aclspec=${base}`)).status, 200);
});

onBothStores("MODIFYACLENTRIES replaces an entry and computes the mask anew", async (start) => {
  const lake = await start();
  await lake.write("/a", "");
  await done(lake, `a?op=SETACL&aclspec=user::rwx,user:${ann}:r-x,group::r--,other::---`);
  await done(lake, `a?op=MODIFYACLENTRIES&aclspec=user:${ann}:-w-`);
  assert.deepEqual(await lake.acl("/a"), ["user::rwx", `user:${ann}:-w-`, "group::r--", "mask::rw-", "other::---"]);
  await done(lake, "a?op=MODIFYACLENTRIES&aclspec=mask::r--");
  assert.deepEqual(await lake.acl("/a"), ["user::rwx", `user:${ann}:-w-`, "group::r--", "mask::r--", "other::---"]);
});

onBothStores("REMOVEACLENTRIES leaves the mask and aclBit", async (start) => {
  const lake = await start();
  await lake.write("/a", "");
  await done(lake, `a?op=SETACL&aclspec=user::rwx,user:${ann}:r-x,group::r--,other::---`);
  await done(lake, `a?op=REMOVEACLENTRIES&aclspec=user:${ann}`);
  assert.deepEqual(await lake.acl("/a"), ["user::rwx", "group::r--", "mask::r-x", "other::---"]);
  assert.equal((await lake.status("/a"))["aclBit"], true);
});

onBothStores("REMOVEDEFAULTACL takes the default entries, REMOVEACL everything but the base", async (start) => {
  const lake = await start();
  const access = `user::rwx,user:${ann}:r-x,group::r--,other::---`;
  await done(lake, `?op=SETACL&aclspec=${access},default:user::rwx,default:group::r-x,default:other::---`);
  await done(lake, "?op=REMOVEDEFAULTACL");
  assert.deepEqual(await lake.acl("/"), ["user::rwx", `user:${ann}:r-x`, "group::r--", "mask::r-x", "other::---"]);
  await done(lake, "?op=REMOVEACL");
  assert.deepEqual(await lake.acl("/"), ["user::rwx", "group::r--", "other::---"]);
  assert.equal((await lake.status("/"))["aclBit"], false);
});

onBothStores("SETPERMISSION sets the mask where there is one, and the sticky bit", async (start) => {
  const lake = await start();
  await lake.write("/a", "");
  await done(lake, "a?op=SETPERMISSION&permission=0550");
  assert.equal((await lake.status("/a"))["permission"], "550");
  await done(lake, `a?op=SETACL&aclspec=user::rwx,user:${ann}:r-x,group::rwx,other::---`);
  await done(lake, "a?op=SETPERMISSION&permission=1741");
  assert.deepEqual(await lake.acl("/a"), ["user::rwx", `user:${ann}:r-x`, "group::rwx", "mask::r--", "other::--x"]);
  assert.equal((await lake.status("/a"))["permission"], "1741");
  assert.equal((await lake.ask("PUT", "a?op=SETPERMISSION&permission=888")).status, 400);
});

onBothStores("new children get the folder's default entries, folders pass them on", async (start) => {
  const lake = await start();
  const base = "user::rwx,group::rwx,other::---";
  const inherited = ["user::rwx", `user:${ann}:r-x`, "group::r-x", "mask::r-x", "other::---"];
  await lake.ask("PUT", "d?op=MKDIRS");
  await done(
    lake,
    `d?op=SETACL&aclspec=${base},default:user::rwx,default:user:${ann}:r-x,default:group::r-x,default:other::---`,
  );
  await lake.write("/d/f", "");
  await lake.ask("PUT", "d/e?op=MKDIRS");
  assert.deepEqual(await lake.acl("/d/f"), inherited);
  assert.deepEqual(await lake.acl("/d/e"), [...inherited, ...inherited.map((entry) => `default:${entry}`)]);
  assert.equal((await lake.status("/d/f"))["aclBit"], true);
  assert.equal((await lake.status("/d/e"))["aclBit"], true);
});

onBothStores("a new item takes its group from its folder, and 770 unless told otherwise", async (start) => {
  const lake = await start();
  await lake.ask("PUT", "d?op=MKDIRS");
  await done(lake, `d?op=SETOWNER&group=${bob}`);
  await lake.ask("PUT", "d/a?op=CREATE&write=true&permission=733", "");
  await lake.write("/d/b", "");
  const [a, b] = [await lake.status("/d/a"), await lake.status("/d/b")];
  assert.deepEqual([a["permission"], a["group"], b["permission"]], ["733", bob, "770"]);
});

onBothStores("SETEXPIRY knows its four options and takes files only", async (start) => {
  const lake = await start();
  await lake.write("/d/a.txt", "");
  const set = (path: string, more: string) => lake.ask("PUT", `/WebHdfsExt/${path}?op=SETEXPIRY&expiryOption=${more}`);
  const shown = async () => (await lake.status("/d/a.txt"))["msExpirationTime"];
  assert.equal((await set("d/a.txt", "Absolute&expireTime=1896091200000")).status, 200);
  assert.equal(await shown(), 1_896_091_200_000);
  assert.equal((await set("d/a.txt", "NeverExpire")).status, 200);
  assert.equal(await shown(), 0);
  assert.equal((await set("d/a.txt", "RelativeToCreationDate&expireTime=86400000")).status, 200);
  assert.ok(Number(await shown()) > 0);
  assert.equal((await set("d", "Absolute&expireTime=1896091200000")).status, 400);
  assert.equal((await set("d/a.txt", "Absolute")).status, 400);
  assert.equal((await set("d/a.txt", "Sometime&expireTime=1")).status, 400);
});

test("a caller without rights is refused, whether the name exists or not", async (t) => {
  const lake = await memoryLake(t, { caller: { id: ann, groups: [bob] } });
  lake.gen1.store.makeFolder("/d");
  lake.gen1.store.makeFile("/d/a");
  for (const [method, target] of [
    ["GET", "d/a?op=OPEN&read=true"],
    ["GET", "d/none?op=GETFILESTATUS"],
    ["GET", "?op=LISTSTATUS"],
    ["PUT", "d/b?op=CREATE&write=true"],
    ["PUT", "d/a?op=SETPERMISSION&permission=777"],
    ["DELETE", "d/a?op=DELETE"],
    ["GET", "d/a?op=CHECKACCESS&fsaction=r--"],
  ] as const) {
    const answer = await lake.ask(method, target);
    assert.deepEqual(
      [answer.status, answer.headers["status"], exceptionOf(answer)],
      [403, "0x83090AA2", "AccessControlException"],
      target,
    );
  }
});

test("a caller may do what the ACL of each item on the way lets it", async (t) => {
  const lake = await memoryLake(t, { caller: { id: defaultOwner, groups: [] } });
  await lake.write("/d/a", "abc");
  await lake.ask("PUT", "d?op=SETPERMISSION&permission=570");
  assert.equal((await lake.ask("GET", "d/a?op=OPEN&read=true")).text, "abc");
  assert.equal((await lake.ask("PUT", "d/b?op=CREATE&write=true", "")).status, 403);
  assert.equal((await lake.ask("GET", "d?op=CHECKACCESS&fsaction=r-x")).status, 200);
  assert.equal((await lake.ask("GET", "d?op=CHECKACCESS&fsaction=-w-")).status, 403);
  assert.equal((await lake.ask("PUT", `d/a?op=SETOWNER&owner=${ann}`)).status, 403);
});

async function done(lake: TestLake, target: string): Promise<void> {
  const { status, text } = await lake.ask("PUT", target);
  assert.deepEqual([status, text], [200, ""]);
}
