import type { Kind } from "../core/error.ts";
import type { Complaint, Dialect } from "../wire/classify.ts";
import type { WireReply } from "../wire/send.ts";

const maxErrorBytes = 64 * 1024;

/** How Gen2 words its errors: the code in a header, the sentence in JSON (DFS endpoint) or XML (Blob endpoint). */
export const gen2Dialect: Dialect = { complaint, kindOf: (_, code) => kindsByCode[code ?? ""] };

// Where the status alone would mislead. Source: Azure Storage REST reference, common and blob error codes.
const kindsByCode: Readonly<Record<string, Kind>> = {
  Md5Mismatch: "corrupt",
  Crc64Mismatch: "corrupt",
  OperationTimedOut: "throttled",
  InternalOperationAbortError: "unavailable",
  FilesystemBeingDeleted: "unavailable",
  ContainerBeingDeleted: "unavailable",
  InvalidBlockList: "changed",
  // 403: a signature that is wrong or has ended, and a key that may no longer be used.
  AuthenticationFailed: "unauthenticated",
  KeyBasedAuthenticationNotPermitted: "unauthenticated",
};

function complaint(reply: WireReply): Complaint {
  const code = reply.headers["x-ms-error-code"];
  if (reply.body.byteLength === 0 || reply.body.byteLength > maxErrorBytes) {
    return { code, ...(code === undefined ? {} : { message: `HTTP ${reply.status} ${code}` }) };
  }
  const text = Buffer.from(reply.body).toString("utf8");
  const message = jsonMessage(text) ?? /<Message>([^<]*)<\/Message>/u.exec(text)?.[1] ?? text.slice(0, 200);
  // The service repeats request id and time in every message; the id has a field of its own.
  const sentence = message.split(/\r?\n/u, 1)[0] ?? message;
  return { code, message: code === undefined ? sentence : `${code}: ${sentence}` };
}

function jsonMessage(text: string): string | undefined {
  try {
    const message = (JSON.parse(text) as { error?: { message?: unknown } }).error?.message;
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}
