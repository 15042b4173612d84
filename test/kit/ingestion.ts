import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import type { Certificate } from "../../local/kit/certificate.ts";
import { tokenFlaw } from "../../local/kit/tokens.ts";

/** One piece of telemetry as Application Insights gets it. */
export type Envelope = {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly data: {
    readonly baseType: string;
    readonly baseData: {
      readonly message?: string;
      readonly properties?: Readonly<Record<string, string>>;
      readonly metrics?: readonly { readonly name: string; readonly value: number }[];
    };
  };
};

/** The part of Application Insights that takes telemetry, from identities only. */
export async function startIngestion(certificate: Certificate): Promise<{
  readonly connectionString: string;
  readonly envelopes: () => readonly Envelope[];
  readonly refused: () => readonly string[];
  readonly close: () => void;
}> {
  const envelopes: Envelope[] = [];
  const refused: string[] = [];
  const rule = { audience: "https://monitor.azure.com", issuer: certificate };
  const server = createServer(certificate, (request, reply) => {
    void buffer(request).then((body) => {
      const flaw = tokenFlaw(request.headers.authorization, rule, Date.now());
      if (flaw !== undefined) {
        refused.push(flaw);
        return reply.writeHead(401).end();
      }
      const text = (request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("utf8");
      const items = JSON.parse(text) as Envelope[];
      envelopes.push(...items);
      const said = { itemsReceived: items.length, itemsAccepted: items.length, errors: [] };
      return reply.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: `InstrumentationKey=6c616b65-0000-4000-8000-00000000000a;IngestionEndpoint=https://127.0.0.1:${port}/`,
    envelopes: () => envelopes,
    refused: () => refused,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
