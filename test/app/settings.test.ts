import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionsIn } from "../../src/app/connections.ts";
import { readSettings } from "../../src/app/settings.ts";
import { isKind } from "../../src/core/error.ts";

const state = { AzureWebJobsStorage__accountName: "contosostate" };
const gen1 = { LakeSource__kind: "adls-gen1", LakeSource__endpoint: "https://contoso.azuredatalakestore.net" };
const gen2 = { LakeSink__kind: "adls-gen2", LakeSink__endpoint: "https://contoso.dfs.core.windows.net" };
const key = "AccountName=state;AccountKey=a2V5";

function refusal(settings: Readonly<Record<string, string>>): { readonly setting: string; readonly detail: string } {
  try {
    readSettings(settings);
  } catch (error) {
    if (isKind(error, "invalid")) return { setting: error.path, detail: error.detail };
    throw error;
  }
  return assert.fail(`taken: ${JSON.stringify(settings)}`);
}

test("a setting that is missing, wrong or contradicts another stops the app, by its name and with an example", () => {
  const refusals: readonly (readonly [Readonly<Record<string, string>>, string, RegExp])[] = [
    [{}, "AzureWebJobsStorage__accountName", /missing; .* as AzureWebJobsStorage__accountName=contosostate/u],
    [
      { AzureWebJobsStorage__tableServiceUri: "https://s.table.core.windows.net" },
      "AzureWebJobsStorage__blobServiceUri",
      /missing; .* as AzureWebJobsStorage__blobServiceUri=https:\/\/contosostate\.blob\.core\.windows\.net/u,
    ],
    [
      { ...state, AzureWebJobsStorage: "UseDevelopmentStorage=true" },
      "AzureWebJobsStorage__accountName",
      /AzureWebJobsStorage is there, too/u,
    ],
    [
      { ...state, AzureWebJobsStorage__blobServiceUri: "https://other.blob.core.windows.net" },
      "AzureWebJobsStorage__blobServiceUri",
      /it isn't of contosostate/u,
    ],
    [
      { ...state, AzureWebJobsStorage__credential: "clientsecret" },
      "AzureWebJobsStorage__credential",
      /managedidentity/u,
    ],
    [{ ...state, Lakeferry__cloud: "AzureGermanCloud" }, "Lakeferry__cloud", /AzureCloud, AzureUSGovernment/u],
    [{ ...state, Lakeferry__waveMs: "soon" }, "Lakeferry__waveMs", /whole number, as \d+$/u],
    [{ ...state, Lakeferry__waves: "1" }, "Lakeferry__waves", /no such setting/u],
    [
      { ...state, Lakeferry__firstWaveMs: "60000", Lakeferry__waveMs: "30000" },
      "Lakeferry__firstWaveMs",
      /more than Lakeferry__waveMs, which is 30000; .* as Lakeferry__firstWaveMs=30000/u,
    ],
    [{ ...state, LakeSink__kind: "adls-gen2" }, "LakeSink__endpoint", /missing; .* https:\/\/contoso\.dfs/u],
    [
      { ...state, ...gen2, LakeSink__credential: "serviceprincipal" },
      "LakeSink__tenantId",
      /needs it, as LakeSink__tenantId=/u,
    ],
    [
      { ...state, ...gen1, Lakeferry__cloud: "AzureChinaCloud" },
      "LakeSource__kind",
      /AzureChinaCloud never had adls-gen1/u,
    ],
  ];
  for (const [settings, setting, said] of refusals) {
    const { setting: named, detail } = refusal(settings);
    assert.equal(named, setting, detail);
    assert.match(detail, said);
  }
});

test("telemetry goes where its settings say, to https and as an identity, or the settings are refused", () => {
  const place = "APPLICATIONINSIGHTS_CONNECTION_STRING";
  const proof = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";
  const whole = "InstrumentationKey=1;IngestionEndpoint=https://westeurope.in.applicationinsights.azure.com/";
  const refusals: readonly (readonly [Readonly<Record<string, string>>, string, RegExp])[] = [
    [{ [proof]: "ClientId=c;Authorization=AAD" }, place, /missing/u],
    [{ [place]: "IngestionEndpoint=https://x.example" }, place, /InstrumentationKey=/u],
    [{ [place]: "InstrumentationKey=1;IngestionEndpoint=http://x.example" }, place, /loopback only/u],
    [{ [place]: whole, [proof]: "ClientId=c" }, proof, /Authorization=AAD/u],
  ];
  for (const [settings, setting, said] of refusals) {
    const { setting: named, detail } = refusal({ ...state, ...settings });
    assert.equal(named, setting);
    assert.match(detail, said);
  }
  const { telemetry } = readSettings({ ...state, [place]: whole, [proof]: "ClientId=c;Authorization=AAD" });
  assert.deepEqual(telemetry, { connectionString: whole, clientId: "c" });
  assert.equal(readSettings(state).telemetry, undefined);
});

test("nothing leaves this machine without TLS, whichever setting asks for it", () => {
  const refusals: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ ...state, ...gen1, LakeSource__endpoint: "http://contoso.azuredatalakestore.net" }, "LakeSource__endpoint"],
    [{ ...state, ...gen2, LakeSink__endpoint: "http://10.0.0.4/contoso" }, "LakeSink__endpoint"],
    [{ ...state, ...gen2, LakeSink__blobEndpoint: "http://blobs.contoso.example" }, "LakeSink__blobEndpoint"],
    [
      {
        ...state,
        ...gen2,
        LakeSink__credential: "serviceprincipal",
        LakeSink__tenantId: "t",
        LakeSink__clientId: "c",
        LakeSink__clientSecret: "s",
        LakeSink__authorityHost: "http://127.0.0.1:9000",
      },
      "LakeSink__authorityHost",
    ],
    [
      {
        AzureWebJobsStorage__tableServiceUri: "https://s.table.core.windows.net",
        AzureWebJobsStorage__blobServiceUri: "http://s.blob.core.windows.net",
      },
      "AzureWebJobsStorage__blobServiceUri",
    ],
    [{ AzureWebJobsStorage: `DefaultEndpointsProtocol=http;${key}` }, "AzureWebJobsStorage"],
    [
      { AzureWebJobsStorage: `${key};TableEndpoint=http://10.0.0.4/t;BlobEndpoint=https://b.example` },
      "AzureWebJobsStorage",
    ],
    [
      { AzureWebJobsStorage: "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://10.0.0.4" },
      "AzureWebJobsStorage",
    ],
  ];
  for (const [settings, setting] of refusals) {
    const { setting: named, detail } = refusal(settings);
    assert.equal(named, setting);
    assert.match(detail, /https/u);
    // A connection string holds a key.
    assert.doesNotMatch(detail, /a2V5/u);
  }
  const here = "BlobEndpoint=http://127.0.0.1:1/s;TableEndpoint=http://127.0.0.1:2/s";
  for (const taken of [`DefaultEndpointsProtocol=http;${key};${here}`, "UseDevelopmentStorage=true", key]) {
    assert.deepEqual(readSettings({ AzureWebJobsStorage: taken }).state, { connectionString: taken });
  }
});

test("what a token is asked for, and where, are constants of the kind of store and the cloud", () => {
  const principal = { credential: "serviceprincipal", tenantId: "t", clientId: "c", clientSecret: "s" };
  const sink = {
    ...gen2,
    ...Object.fromEntries(Object.entries(principal).map(([name, value]) => [`LakeSink__${name}`, value])),
  };
  const asked = (["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"] as const).map((cloud) => {
    const { scope, authorityHost } = connectionsIn(sink, cloud).get("LakeSink") ?? assert.fail();
    return [scope, authorityHost];
  });
  assert.deepEqual(asked, [
    ["https://storage.azure.com/.default", "https://login.microsoftonline.com"],
    ["https://storage.azure.com/.default", "https://login.microsoftonline.us"],
    ["https://storage.azure.com/.default", "https://login.chinacloudapi.cn"],
  ]);
  assert.equal(connectionsIn(gen1).get("LakeSource")?.scope, "https://datalake.azure.net//.default");
  assert.throws(
    () => connectionsIn({ ...gen2, LakeSink__scope: "https://graph.microsoft.com/.default" }),
    /no such setting/u,
  );
});

test("an account's name leads to the endpoints of its cloud", () => {
  const { state: store } = readSettings({ ...state, Lakeferry__cloud: "AzureUSGovernment" });
  assert.deepEqual(store, {
    tables: "https://contosostate.table.core.usgovcloudapi.net",
    blobs: "https://contosostate.blob.core.usgovcloudapi.net",
    clientId: undefined,
  });
});
