import { type CloudName, clouds } from "./clouds.ts";
import { isLoopback } from "./connections.ts";
import { wrongSetting } from "./wrong.ts";

/** A connection string (an emulator, or an account with keys), or endpoints for the app's managed identity. */
export type StateStore =
  | { readonly connectionString: string }
  | { readonly tables: string; readonly blobs: string; readonly clientId: string | undefined };

// The names are the Functions host's own, so that one setting serves host and app.
const own = "AzureWebJobsStorage";

/** Where the app's state is. Throws LakeError "invalid" naming what is missing, contradictory or not safe. */
export function stateStoreIn(env: Readonly<Record<string, string | undefined>>, cloud: CloudName): StateStore {
  const setting = (name: string) => env[name] || undefined;
  const connectionString = setting(own);
  const account = setting(`${own}__accountName`);
  const given = (service: "table" | "blob") => setting(`${own}__${service}ServiceUri`);
  if (connectionString !== undefined) {
    for (const other of ["accountName", "tableServiceUri", "blobServiceUri"]) {
      if (setting(`${own}__${other}`) === undefined) continue;
      throw wrongSetting(`${own}__${other}`, `${own} is there, too, and says something else; remove one of the two`);
    }
    refusePlainHttp(connectionString);
    return { connectionString };
  }
  const credential = setting(`${own}__credential`) ?? "managedidentity";
  if (credential !== "managedidentity") {
    throw wrongSetting(`${own}__credential`, `expected managedidentity, as ${own}__credential=managedidentity`);
  }
  const endpointOf = (service: "table" | "blob") =>
    given(service) ??
    (account === undefined ? undefined : `https://${account}.${service}.${clouds[cloud].storageSuffix}`);
  const [tables, blobs] = [endpointOf("table"), endpointOf("blob")];
  if (tables === undefined && blobs === undefined) {
    const detail = `missing; give the storage account of the app's state, as ${own}__accountName=contosostate`;
    throw wrongSetting(`${own}__accountName`, detail);
  }
  for (const service of ["table", "blob"] as const) {
    const endpoint = endpointOf(service);
    const name = `${own}__${service}ServiceUri`;
    const example = `${name}=https://contosostate.${service}.${clouds[cloud].storageSuffix}`;
    if (endpoint === undefined) throw wrongSetting(name, `missing; the state needs tables and blobs, as ${example}`);
    const url = URL.parse(endpoint);
    if (url?.protocol !== "https:") throw wrongSetting(name, `expected an https address, as ${example}`);
    if (account !== undefined && url.hostname.split(".")[0] !== account && !isLoopback(url)) {
      throw wrongSetting(name, `it isn't of ${account}, the account of ${own}__accountName; remove one of the two`);
    }
  }
  return { tables: tables ?? "", blobs: blobs ?? "", clientId: setting(`${own}__clientId`) };
}

// What a connection string leads to without TLS: keys would be safe, content and names wouldn't.
function refusePlainHttp(connectionString: string): void {
  const parts = new Map(
    connectionString.split(";").map((part): [string, string] => {
      const at = part.indexOf("=");
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()];
    }),
  );
  const addresses = ["blobendpoint", "tableendpoint", "queueendpoint", "developmentstorageproxyuri"].flatMap((name) => {
    const address = parts.get(name);
    return address === undefined ? [] : [{ name, url: URL.parse(address) }];
  });
  const isPlain = ({ url }: { readonly url: URL | null }) => url?.protocol === "http:" && !isLoopback(url);
  const wrong = addresses.find(isPlain);
  if (wrong !== undefined) {
    throw wrongSetting(own, `its ${wrong.name} is ${wrong.url?.href}; expected https, http goes to loopback only`);
  }
  const isSuffixed = !parts.has("blobendpoint") || !parts.has("tableendpoint");
  if (isSuffixed && parts.get("defaultendpointsprotocol")?.toLowerCase() === "http") {
    throw wrongSetting(own, "expected DefaultEndpointsProtocol=https; http goes to loopback only");
  }
}
