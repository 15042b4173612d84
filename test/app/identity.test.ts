import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { AuthenticationError } from "@azure/identity";
import { clouds } from "../../src/app/clouds.ts";
import { managedIdentity, noToken, servicePrincipal } from "../../src/app/identity.ts";
import { isLakeError } from "../../src/core/error.ts";

const judged = (error: unknown) => {
  const judgement = noToken(error, "adls-gen2", "https://contoso.dfs.core.windows.net");
  return [judgement.kind, judgement.retry];
};
const refused = ["unauthenticated", "never"];
const away = ["unavailable", "later"];

test("a refusal of the identity is told apart; a broken line, too many questions and a broken service are worth another try", async (t) => {
  let status = 0;
  const service = createServer((_, reply) => {
    reply.writeHead(status, { "content-type": "application/json" });
    reply.end(JSON.stringify({ statusCode: status, message: "in the service's own words" }));
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  t.after(() => void service.close());
  // As App Service and Functions offer the app's identity.
  process.env["IDENTITY_ENDPOINT"] = `http://127.0.0.1:${(service.address() as AddressInfo).port}/msi/token`;
  process.env["IDENTITY_HEADER"] = "x";
  const asked = async () => {
    try {
      await managedIdentity(undefined).getToken("https://storage.azure.com/.default");
      return assert.fail("there is no token to get");
    } catch (error) {
      const judgement = noToken(error, "adls-gen2", "https://contoso.dfs.core.windows.net");
      assert.ok(isLakeError(judgement));
      return judgement;
    }
  };
  for (const [answer, expected] of [
    [400, refused],
    [403, refused],
    [501, away],
  ] as const) {
    status = answer;
    const { kind, retry, detail } = await asked();
    assert.deepEqual([kind, retry], expected, String(answer));
    assert.match(detail, /no token for adls-gen2: .*in the service's own words/u);
  }
});

test("what Entra ID answers is told apart alike, and a certificate that can't be read is no matter of waiting", async () => {
  const wrapped = (status: number) =>
    new Error("failed", { cause: new AuthenticationError(status, { error: "e", error_description: "d" }) });
  assert.deepEqual(judged(wrapped(401)), refused);
  for (const status of [408, 429, 500, 503]) assert.deepEqual(judged(wrapped(status)), away, String(status));
  assert.deepEqual(judged(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" })), away);
  const nowhere = servicePrincipal({
    tenantId: "11111111-1111-4111-8111-111111111111",
    clientId: "c",
    authorityHost: clouds.AzureCloud.authorityHost,
    proof: { certificatePath: "/nowhere/cert.pem" },
  });
  await assert.rejects(nowhere.getToken("https://storage.azure.com/.default"), (error) => {
    assert.deepEqual(judged(error), refused);
    return true;
  });
});
