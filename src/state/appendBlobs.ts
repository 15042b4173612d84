import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { type ContainerClient, RestError } from "@azure/storage-blob";
import { isKind, LakeError } from "../core/error.ts";
import type { Blobs } from "./blobs.ts";
import { askingAfter, usualPatienceMs } from "./asking.ts";

/** Append blobs of Azure Storage. The container is made on first use. */
export function appendBlobs(container: ContainerClient, patienceMs = usualPatienceMs): Blobs {
  const asking = askingAfter(() => container.createIfNotExists(), "blob", patienceMs);

  return {
    append: async (name, content, position) => {
      const blob = container.getAppendBlobClient(name);
      if (position === 0) await asking("create", name, () => createOnce(blob));
      try {
        await asking("append", name, () =>
          blob.appendBlock(content, content.byteLength, {
            conditions: { appendPosition: position },
            transactionalContentMD5: createHash("md5").update(content).digest(),
          }),
        );
      } catch (error) {
        if (!isKind(error, "conflict")) throw error;
        // A reply that was lost: the sender meets its own bytes. Nobody else writes to this blob.
        const { contentLength } = await asking("look", name, () => blob.getProperties());
        if (contentLength !== position + content.byteLength) throw error;
      }
    },

    read: async (name, offset, length) => {
      const blob = container.getBlobClient(name);
      try {
        return await asking("read", name, async () => {
          const { readableStreamBody } = await blob.download(offset, length, { maxRetryRequests: 3 });
          return readableStreamBody === undefined ? new Uint8Array(0) : buffer(readableStreamBody);
        });
      } catch (error) {
        // Behind the end there is nothing to read, and no error for us.
        if (error instanceof LakeError && error.status === 416) return new Uint8Array(0);
        throw error;
      }
    },

    removeUnder: async (prefix) => {
      const pages = container.listBlobsFlat({ prefix }).byPage();
      for (;;) {
        const page = await asking("list", prefix, () => pages.next());
        if (page.done === true) return;
        for (const { name } of page.value.segment.blobItems) {
          await asking("remove", name, () => container.getBlobClient(name).deleteIfExists());
        }
      }
    },
  };
}

async function createOnce(blob: ReturnType<ContainerClient["getAppendBlobClient"]>): Promise<void> {
  try {
    await blob.create({ conditions: { ifNoneMatch: "*" } });
  } catch (error) {
    if (!(error instanceof RestError && (error.statusCode === 409 || error.statusCode === 412))) throw error;
  }
}
