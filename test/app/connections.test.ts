import assert from "node:assert/strict";
import { test } from "node:test";
import { openApp } from "../../src/app/app.ts";
import { connectionsIn } from "../../src/app/connections.ts";
import { isKind } from "../../src/core/error.ts";
import { requestOf } from "../kit/testFerry.ts";

const gen1 = { LakeSource__kind: "adls-gen1", LakeSource__endpoint: "https://contoso.azuredatalakestore.net" };
const gen2 = { LakeSink__kind: "adls-gen2", LakeSink__endpoint: "https://contoso.dfs.core.windows.net" };
const principal = { tenantId: "t", clientId: "c", clientSecret: "s" };
const under = (name: string, properties: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(properties).map(([property, value]) => [`${name}__${property}`, value]));

test("however an account's address is spelled, it is one account: two runs don't get one file system through two names", () => {
  const spellings = [
    "https://contoso.dfs.core.windows.net",
    "https://contoso.dfs.core.windows.net/",
    "https://contoso.dfs.core.windows.net:443//",
    "HTTPS://Contoso.DFS.core.Windows.net.",
    "https://contoso.blob.core.windows.net",
  ];
  const settings = spellings.map((endpoint, index) => under(`Sink${index}`, { kind: "adls-gen2", endpoint }));
  const other = under("Other", { kind: "adls-gen2", endpoint: "https://fabrikam.dfs.core.windows.net" });
  const state = "DefaultEndpointsProtocol=https;AccountName=state;AccountKey=a2V5;EndpointSuffix=core.windows.net";
  const { ferry } = openApp(Object.assign({ AzureWebJobsStorage: state }, other, ...settings), () => undefined);
  const keyOf = (connection: string, fileSystem = "lake") =>
    ferry.rootsKey(requestOf({ sink: { connection, fileSystem } }));
  const keys = spellings.map((_, index) => keyOf(`Sink${index}`));
  assert.deepEqual(new Set(keys), new Set([keyOf("Sink0")]));
  assert.equal(new Set([keyOf("Sink0"), keyOf("Sink0", "other"), keyOf("Other")]).size, 3);
});

test("an emulator's account is in its path, and stays there", () => {
  const settings = under("A", {
    kind: "adls-gen2",
    endpoint: "http://127.0.0.1:8002/Account/",
    credential: "emulator",
  });
  assert.equal(connectionsIn(settings).get("A")?.endpoint, "http://127.0.0.1:8002/Account");
});

test("a property that a connection doesn't use is refused by name, with what would use it", () => {
  const refusals: readonly (readonly [Readonly<Record<string, string>>, string, RegExp])[] = [
    [
      { accountKey: "k" },
      "LakeSink__accountKey",
      /managedidentity doesn't use it.*LakeSink__credential to accountkey/u,
    ],
    [{ credential: "accountkey", accountKey: "k", sas: "s" }, "LakeSink__sas", /accountkey doesn't use it.* to sas$/u],
    [{ tenantId: "t" }, "LakeSink__tenantId", /managedidentity doesn't use it.* to serviceprincipal$/u],
    [{ credential: "sas", sas: "s", clientId: "c" }, "LakeSink__clientId", /to managedidentity or serviceprincipal$/u],
    [
      { ...principal, credential: "serviceprincipal", clientCertificatePath: "/cert.pem" },
      "LakeSink__clientSecret",
      /LakeSink__clientCertificatePath is there, too; give one of the two/u,
    ],
  ];
  for (const [properties, setting, words] of refusals) {
    assert.throws(
      () => connectionsIn({ ...gen2, ...under("LakeSink", properties) }),
      (error) => isKind(error, "invalid") && error.path === setting && words.test(error.detail),
      setting,
    );
  }
  assert.throws(
    () => connectionsIn({ ...gen1, LakeSource__blobEndpoint: "https://contoso.blob.core.windows.net" }),
    (error) => isKind(error, "invalid") && error.path === "LakeSource__blobEndpoint" && /Gen1/u.test(error.detail),
  );
});

test("what a credential needs is enough", () => {
  const credentials: readonly Readonly<Record<string, string>>[] = [
    {},
    { clientId: "c" },
    { credential: "serviceprincipal", ...principal },
    { credential: "serviceprincipal", tenantId: "t", clientId: "c", clientCertificatePath: "/cert.pem" },
    { credential: "accountkey", accountKey: "k", blobEndpoint: "https://blobs.contoso.example" },
    { credential: "sas", sas: "s" },
  ];
  for (const properties of credentials) {
    assert.equal(connectionsIn({ ...gen2, ...under("LakeSink", properties) }).size, 1);
  }
});
