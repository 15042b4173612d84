import type { WireReply } from "../kit/wire.ts";
import { permissionsText, ROOT_ACCESS } from "./access.ts";
import { type Call, numberParameter, parameter, type Run } from "./call.ts";
import { checkRead, checkWrite } from "./conditions.ts";
import { metaHeaders, propertiesHeader, propertiesText } from "./describe.ts";
import { type Lake, need, needFileSystem, SUPERUSER } from "./lake.ts";
import { nameInToken, takePage, tokenOf } from "./listing.ts";
import { checkFileSystemName, type Place } from "./place.ts";
import { Refusal } from "./refusal.ts";
import { escapeXml, httpDate, jsonReply, versionHeaders, xmlReply } from "./reply.ts";
import type { FolderItem } from "./store.ts";

/** Creates a file system with an empty root. */
export function createFileSystem(call: Call): WireReply {
  const { lake, place } = call;
  checkFileSystemName(place.fileSystem);
  if (lake.store.get(place.fileSystem) !== undefined) throw new Refusal("FilesystemAlreadyExists");
  const nowMs = lake.nowMs();
  const item: FolderItem = {
    kind: "folder",
    etag: lake.newEtag(),
    createdMs: nowMs,
    modifiedMs: nowMs,
    owner: SUPERUSER,
    group: SUPERUSER,
    ...ROOT_ACCESS,
    metadata: metaHeaders(call) ?? propertiesHeader(call) ?? {},
  };
  lake.store.putFolder(place.fileSystem, item);
  return { status: 201, headers: { ...versionHeaders(item), ...HIERARCHICAL } };
}

/** Deletes a file system with everything in it. */
export function deleteFileSystem(call: Call): WireReply {
  const { lake, place } = call;
  checkWrite(call, needRoot(lake, place));
  lake.store.remove(place.fileSystem);
  return { status: 202, headers: {} };
}

/** The properties of a file system. */
export function getFileSystem(call: Call): WireReply {
  const item = needRoot(call.lake, call.place);
  checkRead(call, item);
  const meta = Object.entries(item.metadata).map(([key, value]) => [`x-ms-meta-${key}`, value]);
  return {
    status: 200,
    headers: {
      ...versionHeaders(item),
      ...HIERARCHICAL,
      ...Object.fromEntries(meta),
      "x-ms-properties": propertiesText(item.metadata),
      "x-ms-permissions": permissionsText(item),
      "x-ms-lease-status": "unlocked",
      "x-ms-lease-state": "available",
      "x-ms-has-immutability-policy": "false",
      "x-ms-has-legal-hold": "false",
    },
  };
}

/** Replaces the metadata of a file system. */
export function setFileSystemProperties(call: Call): WireReply {
  const { lake, place } = call;
  const old = needRoot(lake, place);
  checkWrite(call, old);
  const metadata = metaHeaders(call) ?? propertiesHeader(call) ?? {};
  const item: FolderItem = { ...old, metadata, etag: lake.newEtag(), modifiedMs: lake.nowMs() };
  lake.store.putFolder(place.fileSystem, item);
  return { status: 200, headers: versionHeaders(item) };
}

/** Lists the account's file systems as the DFS protocol words it. */
export function listFileSystems(call: Call): WireReply {
  const page = pageOfRoots(call, parameter(call, "continuation"));
  const filesystems = page.items.map(({ name, item }) => ({
    name,
    lastModified: httpDate(item.modifiedMs),
    etag: item.etag,
  }));
  return jsonReply(200, { filesystems }, page.next === undefined ? {} : { "x-ms-continuation": tokenOf(page.next) });
}

/** Lists the account's file systems as the Blob protocol words it. */
export function listContainers(call: Call): WireReply {
  const page = pageOfRoots(call, parameter(call, "marker"));
  const containers = page.items.map(
    ({ name, item }) =>
      `<Container><Name>${escapeXml(name)}</Name><Properties><Last-Modified>${httpDate(item.modifiedMs)}</Last-Modified>` +
      `<Etag>"${item.etag}"</Etag><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState></Properties></Container>`,
  );
  const next = page.next === undefined ? "<NextMarker/>" : `<NextMarker>${tokenOf(page.next)}</NextMarker>`;
  return xmlReply(
    200,
    `<EnumerationResults><Containers>${containers.join("")}</Containers>${next}</EnumerationResults>`,
  );
}

/** What kind of account this is; clients ask before they rely on folders. */
export const getAccount: Run = () => ({
  status: 200,
  headers: { "x-ms-sku-name": "Standard_LRS", "x-ms-account-kind": "StorageV2", "x-ms-is-hns-enabled": "true" },
});

const HIERARCHICAL = { "x-ms-namespace-enabled": "true" } as const;
const MAX_RESULTS = 5000;

function needRoot(lake: Lake, place: Place): FolderItem {
  needFileSystem(lake, place);
  const item = need(lake, { ...place, path: place.fileSystem });
  if (item.kind === "file") throw new Refusal("FilesystemNotFound");
  return item;
}

function pageOfRoots(call: Call, token: string | undefined): ReturnType<typeof takePage<Root>> {
  const size = numberParameter(call, "maxresults", { least: 1, most: MAX_RESULTS }, MAX_RESULTS);
  const prefix = parameter(call, "prefix") ?? "";
  const from = token === undefined ? prefix : nameInToken(token);
  const folder = call.lake.store.folder("");
  const roots = (folder?.names() ?? []).filter((name) => name >= from && name.startsWith(prefix));
  return takePage(
    roots.flatMap((name): Root[] => {
      const item = folder?.get(name);
      return item?.kind === "folder" ? [{ name, item }] : [];
    }),
    size,
  );
}

type Root = { readonly name: string; readonly item: FolderItem };
