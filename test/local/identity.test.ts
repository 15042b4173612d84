import assert from "node:assert/strict";
import { request as tlsRequest } from "node:https";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Gen1, startGen1 } from "../../local/gen1/gen1.ts";
import { type Gen2, startGen2 } from "../../local/gen2/gen2.ts";
import { type Identity, startIdentity } from "../../local/identity/identity.ts";
import { certificateIn } from "../../local/kit/certificate.ts";
import { signedToken, tokenFlaw } from "../../local/kit/tokens.ts";

const folder = mkdtempSync(join(tmpdir(), "lakeferry-identity-"));
const certificate = certificateIn(folder);
const other = certificateIn(join(folder, "other"));
const storage = { audience: "https://storage.azure.com", issuer: certificate };
const nowS = 1_800_000_000;
const claims = {
  aud: "https://storage.azure.com/",
  iss: "https://sts.windows.net/t/",
  oid: "o",
  appid: "a",
  tid: "t",
  iat: nowS,
  nbf: nowS,
  exp: nowS + 60,
};

after(() => rmSync(folder, { recursive: true, force: true }));

test("a token is taken for its own service, from whom the service knows, and for as long as it holds", () => {
  const token = `Bearer ${signedToken(claims, certificate)}`;
  const flaw = (authorization: string | undefined, atS = nowS) => tokenFlaw(authorization, storage, atS * 1000);
  assert.equal(flaw(token), undefined);
  assert.match(flaw(token, nowS + 60) ?? "", /expired/u);
  assert.match(flaw(token, nowS - 1) ?? "", /not yet valid/u);
  assert.match(
    flaw(`Bearer ${signedToken({ ...claims, aud: "https://datalake.azure.net/" }, certificate)}`) ?? "",
    /Audience/u,
  );
  assert.match(flaw(`Bearer ${signedToken(claims, other)}`) ?? "", /Signature/u);
  for (const nonsense of [undefined, "Bearer ", "Bearer x", token.replace("Bearer", "Basic")]) {
    assert.match(flaw(nonsense) ?? "", /Issuer/u);
  }
});

describe("emulators over TLS", () => {
  let gen1: Gen1;
  let gen2: Gen2;
  let identity: Identity;
  before(async () => {
    const rule = { ...storage, audience: "https://datalake.azure.net/" };
    gen1 = await startGen1({ store: { kind: "memory" }, tls: certificate, bearer: rule });
    gen2 = await startGen2({ store: "memory", tls: certificate, bearer: storage });
    identity = await startIdentity({ certificate, isTls: false, identities: ["me"], header: "h" });
  });
  after(() => Promise.all([gen1.close(), gen2.close(), identity.close()]));

  const asked = (url: string, headers: Readonly<Record<string, string>>, ca: string | undefined = certificate.cert) =>
    new Promise<{ status: number; text: string; challenge: string | undefined }>((resolve, reject) => {
      const sent = tlsRequest(url, { headers, ...(ca === "" ? {} : { ca }) }, (reply) => {
        let text = "";
        reply.on("data", (chunk: Buffer) => (text += chunk.toString()));
        reply.on("end", () =>
          resolve({ status: reply.statusCode ?? 0, text, challenge: reply.headers["www-authenticate"] }),
        );
      });
      sent.on("error", reject);
      sent.end();
    });
  const tokenFor = (aud: string, seconds = 60) => {
    const iat = Math.floor(Date.now() / 1000) - 120;
    return {
      authorization: `Bearer ${signedToken({ ...claims, aud, iat, nbf: iat, exp: iat + 120 + seconds }, certificate)}`,
    };
  };

  test("only who was told to trusts the certificate", async () => {
    await assert.rejects(asked(gen1.url, {}, ""), /self-signed certificate/u);
  });

  test("Gen1 and Gen2 answer 401 to a token for each other, to one that has ended, and to none", async () => {
    const listing = `${gen1.url}/webhdfs/v1/?op=LISTSTATUS&api-version=2018-09-01`;
    const systems = `${gen2.url}/?comp=list`;
    const version = { "x-ms-version": "2023-11-03" };
    const own = { gen1: tokenFor("https://datalake.azure.net/"), gen2: tokenFor("https://storage.azure.com/") };
    assert.equal((await asked(listing, own.gen1)).status, 200);
    assert.equal((await asked(systems, { ...version, ...own.gen2 })).status, 200);
    for (const headers of [own.gen2, tokenFor("https://datalake.azure.net/", -1), {}]) {
      assert.equal((await asked(listing, headers)).status, 401);
    }
    for (const headers of [own.gen1, tokenFor("https://storage.azure.com/", -1), {}]) {
      const { status, challenge } = await asked(systems, { ...version, ...headers });
      assert.equal(status, 401);
      assert.match(challenge ?? "", /resource_id=https:\/\/storage\.azure\.com/u);
    }
    assert.equal((await asked(systems, { ...version, authorization: "SharedKey lakesink:c2ln" })).status, 403);
  });

  test("the endpoint of an app's identity wants its header, its version, a resource and an identity of the app", async () => {
    const ask = async (query: string, headerSent = "h") =>
      (await fetch(`${identity.url}/msi/token?${query}`, { headers: { "X-IDENTITY-HEADER": headerSent } })).status;
    const whole = "api-version=2019-08-01&resource=https://storage.azure.com&client_id=me";
    assert.equal(await ask(whole), 200);
    assert.equal(await ask(whole, "x"), 403);
    for (const part of whole.split("&")) assert.equal(await ask(whole.replace(part, "")), 400, part);
    assert.equal(await ask(whole.replace("=me", "=you")), 400);
  });
});
