import { isLoopback } from "./connections.ts";
import { wrongSetting } from "./wrong.ts";

/** Where telemetry goes, and as which identity; the names are those of Azure. */
export type TelemetryPlace = { readonly connectionString: string; readonly clientId: string | undefined };

const place = "APPLICATIONINSIGHTS_CONNECTION_STRING";
const proof = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";

/** Where telemetry goes; undefined: nowhere but the console. Throws LakeError "invalid" naming a setting that is wrong. */
export function telemetryIn(env: Readonly<Record<string, string | undefined>>): TelemetryPlace | undefined {
  const connectionString = env[place] || undefined;
  const authentication = env[proof] || undefined;
  if (connectionString === undefined) {
    if (authentication === undefined) return undefined;
    throw wrongSetting(
      place,
      `missing; ${proof} is there, as ${place}=InstrumentationKey=…;IngestionEndpoint=https://…`,
    );
  }
  const parts = partsOf(connectionString);
  if (!parts.has("instrumentationkey"))
    throw wrongSetting(place, "expected InstrumentationKey=…;IngestionEndpoint=https://…");
  const endpoint = parts.get("ingestionendpoint");
  if (endpoint !== undefined) {
    const url = URL.parse(endpoint);
    const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url));
    if (!isSafe) throw wrongSetting(place, "expected an IngestionEndpoint with https; http goes to loopback only");
  }
  if (authentication === undefined) return { connectionString, clientId: undefined };
  const proofs = partsOf(authentication);
  if (proofs.get("authorization")?.toUpperCase() !== "AAD") {
    throw wrongSetting(proof, `expected an identity, as ${proof}=ClientId=<client id>;Authorization=AAD`);
  }
  return { connectionString, clientId: proofs.get("clientid") };
}

function partsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(";").map((part): [string, string] => {
      const at = part.indexOf("=");
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()];
    }),
  );
}
