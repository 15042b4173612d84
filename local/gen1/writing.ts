import * as z from "zod";
import { type Acl, type AclName, parseAcl, parseAclNames } from "../kit/acl.ts";
import type { WireReply } from "../kit/wire.ts";
import { type Call, type CallRule, idOf, integer, otherPath, permission, required, text, truth } from "./call.ts";
import {
  appendToFile,
  concatenate,
  createFile,
  createOrAppend,
  makeFolder,
  remove,
  rename,
  type WriteOptions,
} from "./content.ts";
import { checkRights, look, mayWrite, mustSee } from "./lake.ts";
import {
  modifyAcl,
  removeAcl,
  removeAclEntries,
  removeDefaultAcl,
  setAcl,
  setExpiry,
  setOwner,
  setPermission,
} from "./permissions.ts";
import { Refusal } from "./refusal.ts";
import { empty, json } from "./replies.ts";
import type { SyncFlag } from "./writers.ts";

/** The operations that change the lake. */
export const writingOps: Readonly<Record<string, CallRule>> = {
  CREATE: { method: "PUT", flag: "write", run: create },
  APPEND: { method: "POST", flag: "append", run: append },
  CONCURRENTAPPEND: { method: "POST", run: concurrentAppend },
  MKDIRS: { method: "PUT", run: mkdirs },
  MSCONCAT: { method: "POST", run: msConcat },
  RENAME: { method: "PUT", run: renamePath },
  DELETE: { method: "DELETE", run: deletePath },
  SETACL: { method: "PUT", run: done((call) => setAcl(call.lake, call.path, aclSpec(call))) },
  MODIFYACLENTRIES: { method: "PUT", run: done((call) => modifyAcl(call.lake, call.path, aclSpec(call))) },
  REMOVEACLENTRIES: { method: "PUT", run: done((call) => removeAclEntries(call.lake, call.path, aclNames(call))) },
  REMOVEACL: { method: "PUT", run: done(({ lake, path }) => removeAcl(lake, path)) },
  REMOVEDEFAULTACL: { method: "PUT", run: done(({ lake, path }) => removeDefaultAcl(lake, path)) },
  SETPERMISSION: {
    method: "PUT",
    run: done((call) => setPermission(call.lake, call.path, permission(call) ?? mode770)),
  },
  SETOWNER: { method: "PUT", run: done(changeOwner) },
  SETTIMES: { method: "PUT", run: done(setTimes) },
  SETEXPIRY: { method: "PUT", run: done(expire) },
};

const mode770 = { bits: 0o770, isSticky: false };

function done(act: (call: Call) => void): CallRule["run"] {
  return (call) => {
    act(call);
    return empty(200, call.isExtension);
  };
}

async function create(call: Call): Promise<WireReply> {
  const { lake, path, request } = call;
  await createFile(lake, path, request.body, {
    ...writeOptions(call),
    overwrite: truth(call, "overwrite", false),
    createParent: truth(call, "createparent", true),
    mode: permission(call),
  });
  return empty(201, false, { Location: `http://${request.headers.host}${request.target}` });
}

async function append(call: Call): Promise<WireReply> {
  const options = { ...writeOptions(call), offset: integer(call, "offset") };
  await appendToFile(call.lake, call.path, call.request.body, options);
  return empty(200);
}

async function concurrentAppend(call: Call): Promise<WireReply> {
  const { lake, path, request } = call;
  const options = writeOptions(call);
  if (text(call, "appendmode")?.toLowerCase() === "autocreate") await createOrAppend(lake, path, request.body, options);
  else await appendToFile(lake, path, request.body, { ...options, offset: undefined });
  return empty(200, call.isExtension);
}

async function mkdirs(call: Call): Promise<WireReply> {
  await makeFolder(call.lake, call.path, permission(call));
  return json({ boolean: true });
}

async function renamePath(call: Call): Promise<WireReply> {
  const overwrite = text(call, "renameoptions")?.toUpperCase() === "OVERWRITE";
  const hasSource = look(call.lake, call.path) !== undefined;
  const boolean = await rename(call.lake, call.path, otherPath(required(call, "destination")), overwrite);
  return json({ boolean }, hasSource ? undefined : "0x8309000A");
}

async function deletePath(call: Call): Promise<WireReply> {
  return json({ boolean: await remove(call.lake, call.path, truth(call, "recursive", false)) });
}

const sourceList = z.object({ sources: z.array(z.string()) });

async function msConcat(call: Call): Promise<WireReply> {
  const body = (await call.request.body.read(4 * 1024 * 1024)).toString("utf8");
  const sources = sourcesOf(body).map(otherPath);
  await concatenate(call.lake, call.path, sources, truth(call, "deletesourcedirectory", false));
  return empty(200);
}

// Python sends `sources=a,b` as text, Java and .NET send JSON.
function sourcesOf(body: string): readonly string[] {
  const prefix = "sources=";
  if (body.startsWith(prefix)) return body.slice(prefix.length).split(",");
  try {
    return sourceList.parse(JSON.parse(body)).sources;
  } catch {
    throw new Refusal("bad-argument", "the body names no sources");
  }
}

function changeOwner(call: Call): void {
  const owner = text(call, "owner");
  const group = text(call, "group");
  const id = (name: string | undefined) => (name === undefined || name === "" ? undefined : idOf(call, name));
  setOwner(call.lake, call.path, id(owner), id(group));
}

function setTimes(call: Call): void {
  const { lake, path } = call;
  checkRights(lake, path, mayWrite);
  const { node } = mustSee(lake, path);
  // -1 leaves a time as it is, in every WebHDFS.
  const time = (name: string, old: number) => {
    const given = integer(call, name, -1);
    return given === undefined || given === -1 ? old : given;
  };
  lake.store.setTimes(path, time("modificationtime", node.modifiedMs), time("accesstime", node.accessedMs));
}

function expire(call: Call): void {
  const { lake, path } = call;
  const option = required(call, "expiryoption");
  const timeMs = () => {
    required(call, "expiretime");
    return integer(call, "expiretime") ?? 0;
  };
  switch (option.toLowerCase()) {
    case "neverexpire":
      return setExpiry(lake, path, 0);
    case "absolute":
      return setExpiry(lake, path, timeMs());
    case "relativetonow":
      return setExpiry(lake, path, lake.clock.nowMs() + timeMs());
    case "relativetocreationdate":
      return setExpiry(lake, path, mustSee(lake, path).node.createdMs + timeMs());
    default:
      throw new Refusal("bad-argument", `Invalid value for expiryOption: ${option}`);
  }
}

function writeOptions(call: Call): WriteOptions {
  const flag = (text(call, "syncflag") ?? "CLOSE").toUpperCase();
  if (!isSyncFlag(flag)) throw new Refusal("bad-argument", `Invalid value for syncFlag: ${flag}`);
  return { syncFlag: flag, leaseId: text(call, "leaseid") };
}

function isSyncFlag(flag: string): flag is SyncFlag {
  return flag === "DATA" || flag === "METADATA" || flag === "CLOSE";
}

function aclSpec(call: Call): Acl {
  return parseAcl(required(call, "aclspec")).map((entry) => ({ ...entry, id: idOf(call, entry.id) }));
}

function aclNames(call: Call): readonly AclName[] {
  return parseAclNames(required(call, "aclspec")).map((name) => ({ ...name, id: idOf(call, name.id) }));
}
