import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readSettings } from "../../src/app/settings.ts";
import { problemsOf, writtenSettings } from "./check.ts";
import { readByTheHost, refusedOnFlex } from "./policies.ts";
import { nodesIn, templateFrom } from "./template.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files: ReadonlyMap<string, string> = new Map(
  globSync("infra/**/*.{bicep,bicepparam,json,kql}", { cwd: root }).map((file) => [
    file.replaceAll("\\", "/"),
    readFileSync(join(root, file), "utf8"),
  ]),
);

test("the templates hold what the types, the policies and each other ask for", () => {
  assert.ok(files.size > 15);
  assert.deepEqual(problemsOf(files), []);
});

// Each takes one thing away from templates that are right, or puts a wrong one in; and what has to be said then.
const mutations: readonly (readonly [file: string, from: string, to: string, said: RegExp])[] = [
  [
    "state",
    "allowSharedKeyAccess: false",
    "allowSharedKeyAccess: true",
    /allowSharedKeyAccess is true; it has to be false/u,
  ],
  ["state", "    allowSharedKeyAccess: false\n", "", /allowSharedKeyAccess is not said/u],
  ["lake", "allowBlobPublicAccess: false", "allowBlobPublicAccess: true", /allowBlobPublicAccess is true/u],
  ["lake", "'TLS1_2'", "'TLS1_1'", /minimumTlsVersion is TLS1_1/u],
  ["lake", "'TLS1_2'", "'TLS2'", /minimumTlsVersion can't be "TLS2"/u],
  ["lake", "isHnsEnabled: true", "isHnsEnabled: 'yes'", /isHnsEnabled can't be "yes"/u],
  ["lake", "isHnsEnabled", "hnsEnabled", /there is no property properties\.hnsEnabled/u],
  ["lake", "'Standard_RAGZRS'])", "'Premium_LRS'])", /sku\.name can't be "Premium_LRS"/u],
  ["lake", "publicAccess: 'None'", "publicAccess: 'Blob'", /publicAccess is Blob; it has to be None/u],
  ["lake", "? 'Disabled' : 'Enabled'", "? 'Off' : 'Enabled'", /publicNetworkAccess can't be "Off"/u],
  ["lake", "  tags: tags\n", "", /account: carries no tags|tags is not used/u],
  ["lake", "    parent: blobs\n", "", /names no parent/u],
  ["lake", "  location: location\n", "", /location is missing/u],
  ["application", "httpsOnly: true", "httpsOnly: false", /httpsOnly is false/u],
  ["application", "minTlsVersion: '1.2'", "minTlsVersion: '1.0'", /minTlsVersion is 1\.0/u],
  ["application", "ftpsState: 'Disabled'", "ftpsState: 'FtpsOnly'", /ftpsState is FtpsOnly/u],
  ["application", "allow: false", "allow: true", /allow is true; it has to be false/u],
  ["application", "type: 'UserAssigned'", "type: 'SystemAssigned'", /identity\.type is SystemAssigned/u],
  ["application", "reserved: true", "reserved: false", /reserved is false/u],
  ["application", "name: 'FC1'", "name: 'Y1'", /sku\.name can't be "Y1"/u],
  ["application", "        version: nodeVersion\n", "", /runtime\.version is missing/u],
  ["application", "@allowed(['24', '22'])", "@allowed(['24', '18'])", /runtime\.version can't be "18"/u],
  ["application", "serverFarmId: plan.id", "serverFarmId: plans.id", /plans is not declared/u],
  ["application", "httpsOnly: true", "httpsOnly: true\n    defaultHostName: 'x'", /defaultHostName is read-only/u],
  ["application", "sites@2025-03-01' = {", "sites@2019-03-01' = {", /is no type that the table knows/u],
  [
    "application",
    "'${environment().authentication.loginEndpoint}",
    "'https://login.microsoftonline.com/",
    /address of one cloud/u,
  ],
  ["application", "@description('Region.')\n", "", /param location has no description/u],
  ["application", "'Return401'", "'AllowAll'", /unauthenticatedClientAction can't be "AllowAll"/u],
  ["application", "'UserAssignedIdentity'", "'StorageAccountConnectionString'", /authentication\.type is Storage/u],
  [
    "access",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    /the role 8e3a.* may not be given here/u,
  ],
  ["access", "principalType: 'ServicePrincipal'", "principalType: 'User'", /principalType is User/u],
  ["access", "name: guid(stateAccount.id, identity.id, role)", "name: identityName", /is a guid\(\)/u],
  [
    "access",
    "      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)\n",
    "",
    /roleDefinitionId is missing/u,
  ],
  [
    "lake-access",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    /may not be given here/u,
  ],
  ["elevated", "    principalId: principalId\n", "", /param principalId is missing/u],
  ["elevated/source", "existing = {", "= {", /can only be an existing one/u],
  [
    "main",
    "stateAccountName: state.outputs.accountName",
    "stateAccountName: state.outputs.name",
    /has no output name/u,
  ],
  ["main", "network!.outputs.networkId", "network.outputs.networkId", /network may not be there/u],
  ["main", "    sku: stateSku\n", "", /param sku is missing/u],
  ["main", "sku: stateSku", "sku: alwaysReadyDurable", /param sku is int, not string/u],
  [
    "main",
    "    isPrivate: isPrivate\n  }\n}\n\nmodule lake",
    "    isPrivat: isPrivate\n  }\n}\n\nmodule lake",
    /has no param isPrivat/u,
  ],
  ["main", "'state.bicep'", "'states.bicep'", /there is no states\.bicep/u],
  ["main", "groupId: 'sites'", "groupId: 'blob'", /param groupId can't be blob/u],
  ["main", "@maxLength(50)\nparam fileSystems", "param fileSystems", /param fileSystems is not constrained/u],
  ["main", "@description('The API.')\n", "", /output apiUrl has no description/u],
  [
    "main",
    "param tags object = {}",
    "param tags object = {}\n\n@description('x')\nparam idle bool = true",
    /param idle is not used/u,
  ],
  ["main", "param tags object = {}", "param tags object = {", /not Bicep/u],
  [
    "network",
    "serviceName: 'Microsoft.App/environments'",
    "serviceName: 'Microsoft.Web/serverFarms'",
    /serviceName can't be/u,
  ],
  ["network", "environment().suffixes.storage", "'core.windows.net'", /address of one cloud/u],
  ["network", "for endpoint in endpoints:", "for point in endpoints:", /endpoint is not declared/u],
  ["monitoring/monitoring", "DisableLocalAuth: true", "DisableLocalAuth: false", /DisableLocalAuth is false/u],
  ["monitoring/alerts", "'alerts/failures.kql'", "'alerts/failure.kql'", /there is no file/u],
  ["monitoring/alerts", "timeAggregation: 'Count'", "timeAggregation: 'Sum'", /timeAggregation can't be "Sum"/u],
];

test("a template with one thing wrong is found out, whatever it is", () => {
  for (const [name, from, to, said] of mutations) {
    const path = `infra/${name}.bicep`;
    const text = files.get(path) ?? "";
    assert.ok(text.includes(from), `${path} holds ${from}`);
    const problems = problemsOf(
      new Map(files).set(
        path,
        text.replace(from, () => to),
      ),
    );
    assert.match(problems.join("\n"), said, `${path}: ${from} -> ${to}`);
  }
});

test("the file of parameters gives what main.bicep asks for, and nothing else", () => {
  const path = "infra/main.bicepparam";
  const text = files.get(path) ?? "";
  const without = new Map(files).set(path, text.replace(/^param sourceEndpoint.*$/mu, ""));
  assert.match(problemsOf(without).join("\n"), /param sourceEndpoint is missing/u);
  const more = new Map(files).set(path, `${text}\nparam colour = 'red'\n`);
  assert.match(problemsOf(more).join("\n"), /has no param colour/u);
});

test("every grant of elevated.bicep depends on the one parameter that takes it away", () => {
  const { modules, resources } = templateFrom("infra/elevated.bicep", files.get("infra/elevated.bicep") ?? "");
  assert.deepEqual([modules.length, resources.length], [2, 0]);
  for (const { name, condition } of modules) {
    const names = [...(condition === undefined ? [] : nodesIn(condition))].map(({ text }) => text);
    assert.ok(names.includes("elevated"), name);
    // With "or" something else would keep the grant.
    assert.doesNotMatch(condition?.text ?? "", /\|\|/u);
  }
});

const guid = "11111111-2222-3333-4444-555555555555";

/** What a deployment would put where the template doesn't tell. */
function deployedSettings(): Record<string, string> {
  const told: Readonly<Record<string, string>> = {
    LakeSource__endpoint: "https://contoso.azuredatalakestore.net",
    LakeSink__endpoint: "https://contoso.dfs.core.windows.net",
    AzureWebJobsStorage__blobServiceUri: "https://state.blob.core.windows.net/",
    AzureWebJobsStorage__tableServiceUri: "https://state.table.core.windows.net/",
    Lakeferry__cloud: "AzureCloud",
    Lakeferry__memoryMiB: "512",
    APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${guid};IngestionEndpoint=https://example.com/`,
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${guid};Authorization=AAD`,
  };
  return Object.fromEntries(
    [...writtenSettings(files)].map(([name, value]) => [
      name,
      told[name] ?? (name.endsWith("clientId") ? guid : value.startsWith("Symbol") ? "told by the deployment" : value),
    ]),
  );
}

test("the app settings that the templates write are those that somebody reads", () => {
  const written = deployedSettings();
  const read = new Set<string>();
  readSettings(
    new Proxy(written, {
      get: (target, name) => {
        read.add(String(name));
        return target[String(name)];
      },
      // Groups of settings are looked through by prefix; what isn't known there is refused.
      ownKeys: (target) => Object.keys(target).filter((name) => /^(Lake\w+)__/u.test(name)),
    }),
  );
  const unread = Object.keys(written).filter((name) => !read.has(name) && !readByTheHost.has(name));
  assert.deepEqual(unread, []);
  for (const name of readByTheHost) assert.ok(name in written, `${name} is written`);
  for (const name of Object.keys(written)) assert.ok(!refusedOnFlex.has(name), name);
});

test("an app without one of the settings that it can't do without doesn't start", () => {
  const written = deployedSettings();
  const needed = ["AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__tableServiceUri"];
  for (const name of [...needed, "LakeSource__endpoint", "LakeSink__endpoint"]) {
    const { [name]: _, ...rest } = written;
    assert.throws(() => readSettings(rest), new RegExp(name, "u"), name);
  }
});

test("what workbook and alerts ask for is what the app says", () => {
  const source = globSync("{src,functions}/**/*.ts", { cwd: root })
    .map((file) => readFileSync(join(root, file), "utf8"))
    .join("\n");
  const asked = [...files].filter(([path]) => /\.kql$|workbook\.json$/u.test(path));
  assert.ok(asked.length >= 7);
  for (const [path, text] of asked) {
    const names = [...text.matchAll(/'((?:run|wave|slice|schedule|api)\.[a-z.]+|lakeferry\.[a-z.]+)'/gu)].map(
      ([, name]) => name ?? "",
    );
    assert.ok(names.length > 0, path);
    for (const name of names) {
      const isSaid = name.startsWith("lakeferry.")
        ? source.includes(`name: "${name}"`)
        : source.includes(`log("${name}"`);
      assert.ok(isSaid, `${path} asks for ${name}`);
    }
  }
});

test("every rule of Bicep's linter that is named is an error, but for the age of versions", () => {
  const { analyzers } = JSON.parse(files.get("infra/bicepconfig.json") ?? "{}") as {
    readonly analyzers: {
      readonly core: { readonly enabled: boolean; readonly rules: Record<string, { level: string }> };
    };
  };
  assert.equal(analyzers.core.enabled, true);
  const soft = Object.entries(analyzers.core.rules).filter(([, { level }]) => level !== "error");
  assert.deepEqual(
    soft.map(([name, { level }]) => `${name} ${level}`),
    ["use-recent-api-versions warning"],
  );
});
