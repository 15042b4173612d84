import type { HttpOperationResponse, IHttpClient, WebResource } from "@azure/storage-file-datalake";
import { LakeError } from "../core/error.ts";
import type { Send, WireRequest } from "../wire/send.ts";

/**
 * Lets an Azure SDK client send over our stack, so that one set of rules (retries, pacing, limits, errors) governs
 * every request. A failed request throws our LakeError through the SDK.
 */
export function sdkTransport(send: Send): IHttpClient {
  return {
    sendRequest: async (request: WebResource): Promise<HttpOperationResponse> => {
      const url = new URL(request.url);
      const reply = await send({
        op: operationOf(request.method, url.searchParams),
        path: decodeURIComponent(url.pathname),
        method: request.method as WireRequest["method"],
        origin: url.origin,
        target: url.pathname + url.search,
        headers: headersOf(request),
        ...bodyOf(request),
        // Everything asked through the SDK is guarded by a condition or repeatable by nature.
        safe: true,
        signal: request.abortSignal as AbortSignal | undefined,
      });
      return {
        request,
        status: reply.status,
        // The SDK reads nothing but this method of the older header type.
        headers: { toJson: () => reply.headers } as unknown as HttpOperationResponse["headers"],
        bodyAsText: Buffer.from(reply.body).toString("utf8"),
      };
    },
  };
}

// Our own layers set dates and signatures; undici sets the length of what it sends.
function headersOf(request: WebResource): Record<string, string> {
  const { "content-length": _, ...headers } = request.headers.toJson();
  return headers;
}

function bodyOf(request: WebResource): { body?: Uint8Array } {
  const body: unknown = request.body;
  if (body === undefined || body === null) return {};
  if (typeof body === "string") return { body: Buffer.from(body, "utf8") };
  if (body instanceof Uint8Array) return { body };
  throw new LakeError("unexpected", { op: request.method, path: request.url, detail: "a body that is not bytes" });
}

function operationOf(method: string, query: URLSearchParams): string {
  const what = query.get("action") ?? query.get("comp") ?? query.get("resource") ?? query.get("restype");
  const asked = what === null ? method : `${method} ${what}`;
  return operations[asked] ?? asked;
}

// In the service's own words, as for what we send ourselves.
const operations: Readonly<Record<string, string>> = {
  "PUT container": "Create Container",
  "GET container": "Get Container Properties",
};
