import { allows, parseAcl } from "../kit/acl.ts";
import type { WireReply } from "../kit/wire.ts";
import { aclChange, type AclChange, permissionsText, withAccess } from "./access.ts";
import { type Call, header, neededHeader, numberParameter, parameter } from "./call.ts";
import { checkRead, checkWrite } from "./conditions.ts";
import { rewrite } from "./dfs-paths.ts";
import { type Lake, need } from "./lake.ts";
import { checkLease } from "./leases.ts";
import { type Listed, nameInToken, takePage, tokenOf, walk } from "./listing.ts";
import { Refusal } from "./refusal.ts";
import { jsonReply, versionHeaders } from "./reply.ts";
import type { Item } from "./store.ts";

/** The owner, group, permissions and ACL of an item. */
export function getAccessControl(call: Call): WireReply {
  const item = need(call.lake, call.place);
  checkRead(call, item);
  return {
    status: 200,
    headers: {
      ...versionHeaders(item),
      "x-ms-owner": item.owner,
      "x-ms-group": item.group,
      "x-ms-permissions": permissionsText(item),
      "x-ms-acl": item.acl,
    },
  };
}

/** Changes owner, group and ACL or permissions of an item; its ETag and time stay. */
export function setAccessControl(call: Call): WireReply {
  const { lake, place } = call;
  const old = need(lake, place);
  checkWrite(call, old);
  checkLease(call);
  const item = withAccess(call, old);
  rewrite(lake, place.path, item);
  return { status: 200, headers: { ...versionHeaders(item), "x-ms-namespace-enabled": "true" } };
}

/** Changes the ACLs of an item and of everything in it, one batch at a time. */
export function setAccessControlRecursive(call: Call): WireReply {
  const { lake, place } = call;
  const root = need(lake, place);
  const change = aclChange(parameter(call, "mode"), neededHeader(call, "x-ms-acl"));
  const size = numberParameter(call, "maxrecords", { least: 1, most: MAX_RECORDS }, MAX_RECORDS);
  const token = parameter(call, "continuation");
  const batch = takePage(itemsFrom(lake, place.path, root, token === undefined ? undefined : nameInToken(token)), size);
  const failures = batch.items.flatMap((listed) => changed(lake, listed, change, place.fileSystem.length + 1));
  const failed = new Set(failures.map((failure) => failure.path));
  const changedItems = batch.items.filter((listed) => !failed.has(listed.path));
  const directories = changedItems.filter((listed) => listed.item.kind === "folder").length;
  const goesOn =
    batch.next !== undefined && (failures.length === 0 || parameter(call, "forceflag")?.toLowerCase() === "true");
  return jsonReply(
    200,
    {
      directoriesSuccessful: directories,
      failedEntries: failures.map(({ entry }) => entry),
      failureCount: failures.length,
      filesSuccessful: changedItems.length - directories,
    },
    { "x-ms-namespace-enabled": "true", ...(goesOn ? { "x-ms-continuation": tokenOf(batch.next) } : {}) },
  );
}

/** Whether everyone who is neither owner nor named may do what `fsAction` says; an account key may do anything. */
export function checkAccess(call: Call): WireReply {
  const item = need(call.lake, call.place);
  const action = parameter(call, "fsaction") ?? "";
  if (!/^[r-][w-][x-]$/.test(action))
    throw new Refusal("InvalidQueryParameterValue", "fsAction must be of the form rwx.");
  const wanted = (action[0] === "r" ? 4 : 0) | (action[1] === "w" ? 2 : 0) | (action[2] === "x" ? 1 : 0);
  const isSuperuser = (header(call, "authorization") ?? "").startsWith("SharedKey");
  const caller = { id: "", groups: [] };
  if (!isSuperuser && !allows(parseAcl(item.acl), item.owner, item.group, caller, wanted))
    throw new Refusal("AuthorizationPermissionMismatch");
  return { status: 200, headers: versionHeaders(item) };
}

type Failure = { readonly path: string; readonly entry: Readonly<Record<"errorMessage" | "name" | "type", string>> };

const MAX_RECORDS = 2000;

// The item itself comes first; its name in a token is empty, which no item in it has.
function* itemsFrom(lake: Lake, path: string, root: Item, from: string | undefined): Generator<Listed> {
  if (from === undefined || from === "") yield { path, name: "", item: root };
  if (root.kind === "folder")
    yield* walk(lake, {
      folder: path,
      isRecursive: true,
      from: from || undefined,
      namePrefix: "",
      marksFolders: false,
    });
}

function changed(lake: Lake, { path, item }: Listed, change: AclChange, skipped: number): readonly Failure[] {
  try {
    rewrite(lake, path, change(item));
    return [];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const type = item.kind === "folder" ? "DIRECTORY" : "FILE";
    return [{ path, entry: { errorMessage: error.message, name: path.slice(skipped), type } }];
  }
}
