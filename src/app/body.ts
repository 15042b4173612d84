import { messageOf } from "../core/error.ts";
import { type Answer, problem, wrongFields } from "./problem.ts";

const maxBodyBytes = 1024 * 1024;

/** A request with a body, as far as it is read here. */
export type WithBody = {
  readonly headers: { readonly get: (name: string) => string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
};

/** The JSON that a request brings, of at most 1 MiB; or why it isn't taken: 400, 413 or 415. No more than that is read. */
export async function jsonOf(request: WithBody): Promise<{ readonly json: unknown } | { readonly refusal: Answer }> {
  if (!/^application\/(.+\+)?json\b/iu.test(request.headers.get("content-type") ?? "")) {
    return { refusal: problem("not-json", 'expected the header "Content-Type: application/json"') };
  }
  const bytes = await bytesOf(request);
  if (bytes === undefined) return { refusal: problem("body-too-large", "expected a body of at most 1 MiB") };
  try {
    return { json: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) };
  } catch (error) {
    return { refusal: wrongFields([{ field: "(body)", message: `expected JSON in UTF-8: ${messageOf(error)}` }]) };
  }
}

// Undefined when there are too many.
async function bytesOf({ headers, body }: WithBody): Promise<Uint8Array | undefined> {
  if (Number(headers.get("content-length")) > maxBodyBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
