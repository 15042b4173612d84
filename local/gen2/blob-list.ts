import type { WireReply } from "../kit/wire.ts";
import { permissionsText } from "./access.ts";
import { type Call, numberParameter, parameter } from "./call.ts";
import { needFileSystem } from "./lake.ts";
import { type Listed, nameInToken, takePage, tokenOf, walk } from "./listing.ts";
import { Refusal } from "./refusal.ts";
import { escapeXml, httpDate, xmlReply } from "./reply.ts";
import type { Item } from "./store.ts";

/** Lists blobs: with the delimiter "/" one level with prefixes for folders, without it files and folders at any depth. */
export function listBlobs(call: Call): WireReply {
  const { lake, place } = call;
  needFileSystem(lake, place);
  const prefix = parameter(call, "prefix") ?? "";
  const delimiter = parameter(call, "delimiter");
  if (delimiter !== undefined && delimiter !== "/")
    throw new Refusal("InvalidQueryParameterValue", 'The only delimiter is "/".');
  const size = numberParameter(call, "maxresults", { least: 1, most: MAX_RESULTS }, MAX_RESULTS);
  const marker = parameter(call, "marker");
  const slash = prefix.lastIndexOf("/");
  const folder = slash < 0 ? place.fileSystem : `${place.fileSystem}/${prefix.slice(0, slash)}`;
  const page = takePage(
    walk(lake, {
      folder,
      isRecursive: delimiter === undefined,
      from: marker === undefined ? startOf(call, slash + 1) : nameInToken(marker),
      namePrefix: prefix.slice(slash + 1),
      marksFolders: delimiter !== undefined,
    }),
    size,
  );
  const include = new Set((parameter(call, "include") ?? "").split(","));
  const style: Style = {
    skipped: place.fileSystem.length + 1,
    isByFolder: delimiter !== undefined,
    prefixProperties: lake.blobPrefixProperties,
    metadata: include.has("metadata"),
    permissions: include.has("permissions"),
  };
  const xml = [
    `<EnumerationResults ServiceEndpoint="${escapeXml(`http://${call.request.headers.host ?? ""}/`)}" ContainerName="${escapeXml(place.fileSystem)}">`,
    ...(prefix === "" ? [] : [element("Prefix", prefix)]),
    ...(marker === undefined ? [] : [element("Marker", marker)]),
    element("MaxResults", String(size)),
    ...(delimiter === undefined ? [] : [element("Delimiter", delimiter)]),
    "<Blobs>",
    ...page.items.map((listed) => blobElement(listed, style)),
    "</Blobs>",
    page.next === undefined ? "<NextMarker/>" : element("NextMarker", tokenOf(page.next)),
    "</EnumerationResults>",
  ];
  return xmlReply(200, xml.join(""));
}

// A full path in the container, inclusive; versions before it was invented pass it over.
function startOf(call: Call, skipped: number): string | undefined {
  const start = parameter(call, "startfrom");
  if (start === undefined || String(call.request.headers["x-ms-version"]) < STARTING_VERSION) return undefined;
  return start.slice(skipped);
}

const STARTING_VERSION = "2026-02-06";

type Style = {
  readonly skipped: number;
  readonly isByFolder: boolean;
  readonly prefixProperties: boolean;
  readonly metadata: boolean;
  readonly permissions: boolean;
};

const MAX_RESULTS = 5000;
const FOLDER_METADATA: Item["metadata"] = { hdi_isfolder: "true" };
const HEADER_ELEMENTS = [
  ["content-type", "Content-Type"],
  ["content-encoding", "Content-Encoding"],
  ["content-language", "Content-Language"],
  ["content-disposition", "Content-Disposition"],
  ["cache-control", "Cache-Control"],
] as const;

function blobElement({ path, item }: Listed, style: Style): string {
  const name = path.slice(style.skipped);
  if (item.kind === "folder" && style.isByFolder) {
    const described = style.prefixProperties ? describedBy(item, style) : "";
    return `<BlobPrefix>${element("Name", `${name}/`)}${described}</BlobPrefix>`;
  }
  return `<Blob>${element("Name", name)}${describedBy(item, style)}</Blob>`;
}

function describedBy(item: Item, style: Style): string {
  const properties = [
    element("Creation-Time", httpDate(item.createdMs)),
    element("Last-Modified", httpDate(item.modifiedMs)),
    element("Etag", item.etag),
    element("ResourceType", item.kind === "folder" ? "directory" : "file"),
    ...(item.kind === "file" ? fileElements(item) : [element("Content-Length", "0")]),
    "<BlobType>BlockBlob</BlobType><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted>",
    ...(style.permissions
      ? [
          element("Owner", item.owner),
          element("Group", item.group),
          element("Permissions", permissionsText(item)),
          element("Acl", item.acl),
        ]
      : []),
  ];
  return `<Properties>${properties.join("")}</Properties>${style.metadata ? metadataElement(item) : ""}`;
}

function fileElements(item: Item & { readonly kind: "file" }): readonly string[] {
  return [
    element("Content-Length", String(item.bytes)),
    ...HEADER_ELEMENTS.flatMap(([header, tag]) => {
      const value = item.headers[header];
      return value === undefined ? [] : [element(tag, value)];
    }),
    ...(item.md5 === undefined ? [] : [element("Content-MD5", item.md5)]),
    element("AccessTier", item.tier ?? "Hot"),
    ...(item.tier === undefined ? ["<AccessTierInferred>true</AccessTierInferred>"] : []),
    ...(item.expiresMs === undefined ? [] : [element("Expiry-Time", httpDate(item.expiresMs))]),
  ];
}

function metadataElement(item: Item): string {
  const metadata = item.kind === "folder" ? { ...FOLDER_METADATA, ...item.metadata } : item.metadata;
  return `<Metadata>${Object.entries(metadata)
    .map(([key, value]) => element(key, value))
    .join("")}</Metadata>`;
}

function element(tag: string, text: string): string {
  return `<${tag}>${escapeXml(text)}</${tag}>`;
}
