import type { Item, Tree } from "./tree.ts";

/** A page of a Blob listing as XML. */
export function listing(tree: Tree, query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const isFlat = query.get("delimiter") === null;
  const most = Math.min(5000, Number(query.get("maxresults") ?? 5000));
  const found = tree.list(prefix, query.get("marker") ?? "", most, isFlat);
  const blobs = found.map(([path, item]) => element(path, item, isFlat)).join("");
  const next = found.length < most ? "" : (found.at(-1)?.[0] ?? "");
  return `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>${blobs}</Blobs><NextMarker>${escaped(next)}</NextMarker></EnumerationResults>`;
}

// rclone 1.60 reads Content-Type without asking whether it is there, and falls over.
function element(path: string, item: Item, isFlat: boolean): string {
  const { owner, group, acl, permissions } = item.access;
  const md5 = item.md5 === undefined ? "" : `<Content-MD5>${item.md5}</Content-MD5>`;
  const metadata = Object.entries({ ...(item.isFolder ? { "x-ms-meta-hdi_isfolder": "true" } : {}), ...item.metadata })
    .map(([name, value]) => `<${name.slice(10)}>${escaped(value)}</${name.slice(10)}>`)
    .join("");
  const properties = `<Properties><Creation-Time>${item.modified}</Creation-Time><Last-Modified>${item.modified}</Last-Modified><Etag>${item.etag}</Etag><ResourceType>${item.isFolder ? "directory" : "file"}</ResourceType><Content-Length>${item.bytes}</Content-Length><Content-Type>application/octet-stream</Content-Type><BlobType>BlockBlob</BlobType>${md5}<Owner>${owner}</Owner><Group>${group}</Group><Permissions>${permissions}</Permissions><Acl>${acl}</Acl></Properties><Metadata>${metadata}</Metadata>`;
  if (item.isFolder && !isFlat) return `<BlobPrefix><Name>${escaped(`${path}/`)}</Name>${properties}</BlobPrefix>`;
  return `<Blob><Name>${escaped(path)}</Name>${properties}</Blob>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/gu, (character) => `&#${character.charCodeAt(0)};`);
}
