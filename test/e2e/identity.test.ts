// Every kind of credential, over TLS, with the libraries and the bundle that run on Azure: only the services are ours.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Gen1, startGen1 } from "../../local/gen1/gen1.ts";
import { type Gen2, startGen2 } from "../../local/gen2/gen2.ts";
import { type Identity, startIdentity } from "../../local/identity/identity.ts";
import { certificateIn } from "../../local/kit/certificate.ts";
import { callApp, type Migration } from "../../src/cli/api.ts";
import { developmentKey, startAzurite } from "../../local/start/azurite.ts";
import { projectRoot, type Running, startProgram } from "../../local/start/processes.ts";
import { startIngestion } from "../kit/ingestion.ts";
import { eventually, tempFolder, type Undo, writeTree } from "./kit.ts";

const gen1Audience = "https://datalake.azure.net/";
const gen2Audience = "https://storage.azure.com";
const appIdentity = "6c616b65-0000-4000-8000-000000000001";
const tenantId = "6c616b65-0000-4000-8000-000000000002";
const withSecret = { tenantId, clientId: "6c616b65-0000-4000-8000-000000000003", secret: "s3cret+&=" };
const withCertificate = { tenantId, clientId: "6c616b65-0000-4000-8000-000000000004" };
const header = "the header of this instance";
const files = 6;

describe("the app proves who it is", () => {
  const undone: (() => void | Promise<void>)[] = [];
  const suite: Undo = { after: (undo) => void undone.push(undo) };
  const folder = tempFolder(suite);
  const certificate = certificateIn(folder);
  let gen1: Gen1;
  let gen2: Gen2;
  let keyed: Gen2;
  let entra: Identity;
  let tables: string;

  before(async () => {
    const root = join(folder, "source");
    writeTree(
      root,
      Object.fromEntries(Array.from({ length: files }, (_, index) => [`a/${index}.txt`, `file ${index}`])),
    );
    const rule = (audience: string) => ({ audience, issuer: certificate });
    gen1 = await startGen1({ store: { kind: "files", root }, tls: certificate, bearer: rule(gen1Audience) });
    gen2 = await startGen2({ store: "memory", tls: certificate, bearer: rule(gen2Audience) });
    keyed = await startGen2({ store: "memory", tls: certificate, accountKey: developmentKey });
    entra = await startIdentity({
      certificate,
      isTls: true,
      principals: [
        { ...withSecret, proof: { secret: withSecret.secret } },
        { ...withCertificate, proof: { cert: certificate.cert } },
      ],
    });
    const azurite = await startAzurite(join(folder, "azurite"), join(folder, "azurite.log"), undefined, folder);
    tables = azurite.connectionString;
    suite.after(() => azurite.running.stop());
    for (const served of [gen1, gen2, keyed, entra]) suite.after(() => served.close());
  });
  after(async () => {
    for (const undo of undone.toReversed()) await undo();
  });

  /** Settings of the state account by identity, in a table of its own. */
  const stateSettings = () => {
    const endpoint = (service: string) => new RegExp(`${service}Endpoint=([^;]+)`, "u").exec(tables)?.[1] ?? "";
    return {
      AzureWebJobsStorage__blobServiceUri: endpoint("Blob"),
      AzureWebJobsStorage__tableServiceUri: endpoint("Table"),
      AzureWebJobsStorage__clientId: appIdentity,
      Lakeferry__table: `t${randomUUID().replaceAll("-", "")}`,
    };
  };

  const connection = (name: string, kind: string, endpoint: string, credential: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries({ kind, endpoint, ...credential }).map(([key, value]) => [`${name}__${key}`, value]),
    );
  const source = (credential: Readonly<Record<string, string>>) =>
    connection("LakeSource", "adls-gen1", gen1.url, credential);
  const sink = (credential: Readonly<Record<string, string>>, account = gen2) =>
    connection("LakeSink", "adls-gen2", account.url, credential);

  const managed = { credential: "managedidentity", clientId: appIdentity };
  const principal = (proof: Readonly<Record<string, string>>, clientId: string) => ({
    credential: "serviceprincipal",
    tenantId,
    clientId,
    authorityHost: entra.url,
    ...proof,
  });

  /** Runs a migration on a host that has these settings, and App Service's endpoint for its identity. */
  async function migrated(
    settings: Readonly<Record<string, string>>,
    identity: { readonly lifetimeSeconds?: number; readonly audience?: string } = {},
    slowly?: () => void,
  ): Promise<{ readonly migration: Migration; readonly given: Readonly<Record<string, number>> }> {
    const own = join(folder, randomUUID());
    mkdirSync(own);
    const service = await startIdentity({ certificate, isTls: false, identities: [appIdentity], header, ...identity });
    let running: Running | undefined;
    try {
      const settingsFile = join(own, "settings.json");
      const quick = { Lakeferry__saveIntervalMs: "200", Lakeferry__pulseIntervalMs: "200", Lakeferry__tries: "2" };
      writeFileSync(
        settingsFile,
        JSON.stringify({ TaskHubName: "identity", ...quick, ...stateSettings(), ...settings }),
      );
      const host = await startProgram({
        name: "host",
        file: join(projectRoot, "dist", "local", "host.mjs"),
        args: ["--app", projectRoot, "--data", join(own, "hub"), "--settings", settingsFile, "--alone"],
        logFile: join(own, "host.log"),
        env: {
          // The only place where our certificate is trusted.
          NODE_EXTRA_CA_CERTS: join(folder, "cert.pem"),
          IDENTITY_ENDPOINT: `${service.url}/msi/token`,
          IDENTITY_HEADER: header,
        },
      });
      running = host.running;
      slowly?.();
      const { url } = JSON.parse(host.firstLine) as { readonly url: string };
      const { id } = await callApp<{ id: string }>(`${url}/api/migrations`, "POST", {
        sink: { fileSystem: `lake-${randomUUID()}` },
      });
      const migration = await eventually("the migration to end", async () => {
        const now = await callApp<Migration>(`${url}/api/migrations/${id}`);
        return ["Queued", "Running"].includes(now.status) ? undefined : now;
      });
      // The run's row says how it ended a moment before its last step is done.
      const links = await callApp<{ statusQueryGetUri: string }>(`${url}/api/migrations/${id}/orchestration`);
      await eventually("the orchestration to end", async () => {
        const { runtimeStatus } = await callApp<{ runtimeStatus: string }>(links.statusQueryGetUri);
        return runtimeStatus === "Completed" ? true : undefined;
      });
      // What it still has to tell goes out at its end, with a token of its own.
      await running.stop();
      return { migration, given: service.given() };
    } finally {
      gen1.setFaults([]);
      await running?.stop();
      await service.close();
    }
  }

  const succeeded = ({ status, report, error }: Migration & { readonly error?: unknown }) => {
    assert.equal(status, "Succeeded", JSON.stringify(error));
    assert.equal(report.filesWritten, files);
  };

  test("as a managed identity: source, sink, state and telemetry each get a token for themselves, and nobody else's", async () => {
    const ingestion = await startIngestion(certificate);
    try {
      const { migration, given } = await migrated({
        ...source(managed),
        ...sink(managed),
        APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString,
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${appIdentity};Authorization=AAD`,
      });
      succeeded(migration);
      assert.deepEqual(Object.keys(given).toSorted(), [gen1Audience, "https://monitor.azure.com", gen2Audience]);
      // What it heard there: how the run ended, and each store's requests.
      assert.deepEqual(ingestion.refused(), []);
      const all = ingestion.envelopes().map(({ data }) => data.baseData);
      const ended = all.find(({ message }) => message === "run.ended")?.properties ?? {};
      assert.deepEqual([ended["run"], ended["status"], ended["copied"]], [migration.id, "Succeeded", String(files)]);
      const told = ingestion.envelopes().find(({ data }) => data.baseData.message === "run.ended");
      assert.match(told?.tags["ai.operation.id"] ?? "", /^[0-9a-f]{32}$/u);
      const points = all.flatMap(({ metrics = [], properties = {} }) =>
        metrics.map((metric) => ({ ...metric, ...properties })),
      );
      const sum = (name: string, about: Readonly<Record<string, string>>) =>
        points
          .filter(
            (point) =>
              point.name === name &&
              Object.entries(about).every(([key, value]) =>
                Object.entries(point).some(([own, said]) => own === key && said === value),
              ),
          )
          .reduce((total, { value }) => total + value, 0);
      for (const store of ["source", "sink"] as const) {
        assert.equal(sum("lakeferry.requests", { run: migration.id, store }), migration.report.requests[store], store);
        assert.ok(
          points.some(({ name }) => name === "lakeferry.latency"),
          store,
        );
      }
      assert.equal(sum("lakeferry.files", { run: migration.id, outcome: "copied" }), files);
      assert.equal(sum("lakeferry.bytes", { run: migration.id }), migration.report.dataWritten);
    } finally {
      ingestion.close();
    }
  });

  test("as a service principal with a secret, and with a certificate", async () => {
    const bySecret = principal({ clientSecret: withSecret.secret }, withSecret.clientId);
    const byCertificate = principal({ clientCertificatePath: bothIn(folder) }, withCertificate.clientId);
    const runs = [bySecret, byCertificate].map((credential) =>
      migrated({ ...source(credential), ...sink(credential) }),
    );
    for (const { migration } of await Promise.all(runs)) succeeded(migration);
    for (const audience of [gen1Audience, gen2Audience]) assert.ok((entra.given()[audience] ?? 0) >= 2, audience);
  });

  test("with an account's key, and with a shared access signature, at the sink", async () => {
    const end = new Date(Date.now() + 3_600_000).toISOString();
    const byKey = { credential: "accountkey", accountKey: developmentKey };
    const bySignature = { credential: "sas", sas: `sv=2023-11-03&ss=b&srt=sco&sp=racwdlmeop&se=${end}&sig=c2ln` };
    const runs = [byKey, bySignature].map((credential) => migrated({ ...source(managed), ...sink(credential, keyed) }));
    for (const { migration } of await Promise.all(runs)) succeeded(migration);
  });

  test("tokens that end while a migration runs are renewed", async () => {
    const slow = () => gen1.setFaults([{ match: { op: "OPEN" }, effect: { delayMs: 1100 } }]);
    const settings = { ...source(managed), ...sink(managed), Lakeferry__filesInFlight: "2" };
    const { migration, given } = await migrated(settings, { lifetimeSeconds: 3 }, slow);
    succeeded(migration);
    assert.ok((given[gen1Audience] ?? 0) > 1, JSON.stringify(given));
  });

  test("a token for somebody else, and a wrong secret, fail the migration in the words of who refused; no secret is told", async () => {
    const wrong = principal({ clientSecret: "not this one" }, withSecret.clientId);
    const [foreign, unproven] = await Promise.all([
      migrated({ ...source(managed), ...sink(managed) }, { audience: gen2Audience }),
      migrated({ ...source(wrong), ...sink(managed) }),
    ]);
    assert.deepEqual([foreign.migration.status, unproven.migration.status], ["Failed", "Failed"]);
    assert.match(foreign.migration.report.error?.detail ?? "", /Audience validation failed/u);
    assert.match(unproven.migration.report.error?.detail ?? "", /no token for adls-gen1: .*AADSTS7000215/su);
    assert.doesNotMatch(JSON.stringify(unproven.migration), /not this one/u);
  });
});

/** Certificate and key in one file, as the setting wants them. */
function bothIn(folder: string): string {
  const { cert, key } = certificateIn(folder);
  const file = join(folder, "both.pem");
  writeFileSync(file, `${cert}${key}`, { mode: 0o600 });
  return file;
}
