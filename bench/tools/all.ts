import { copyWithAzcopy } from "./azcopy.ts";
import { alone, whole } from "./lakeferry.ts";
import { rclone } from "./rclone.ts";
import type { Tool } from "./tool.ts";

/** All tools, lakeferry first. */
export const tools: readonly Tool[] = [
  whole,
  alone,
  copyWithAzcopy("AzCopy to Blob", "LocalBlob"),
  copyWithAzcopy("AzCopy to DFS", "LocalBlobFS"),
  rclone,
];
