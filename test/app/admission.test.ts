import assert from "node:assert/strict";
import { test } from "node:test";
import { admitted } from "../../src/app/admission.ts";

const json = { "content-type": "application/json" };
const url = "https://contoso.example/api/migrations";
const role = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";
const id = { typ: "http://schemas.microsoft.com/identity/claims/objectidentifier", val: "the caller" };

function judged(method: string, headers: Readonly<Record<string, string>>, easyAuth: "on" | "off" = "off"): unknown {
  const answer = admitted({ method, url, headers: new Headers(headers) }, easyAuth);
  return "refusal" in answer ? (answer.refusal.body as { readonly code: string }).code : answer.by;
}

const principal = (claims: readonly object[], more: object = { role_typ: role }) => ({
  "x-ms-client-principal": Buffer.from(JSON.stringify({ auth_typ: "aad", ...more, claims })).toString("base64"),
});

test("a call that changes something says that it is JSON and comes from no page of another origin", () => {
  assert.equal(judged("POST", json), "key");
  assert.equal(judged("POST", {}), "not-json");
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=application/json",
  ]) {
    assert.equal(judged("POST", { "content-type": type }), "not-json", type);
  }
  assert.equal(judged("PATCH", { ...json, origin: "https://contoso.example" }), "key");
  for (const origin of [
    "https://evil.example",
    "https://contoso.example.evil.example",
    "https://contoso.example:444",
    "null",
  ]) {
    assert.equal(judged("POST", { ...json, origin }), "origin-refused", origin);
  }
  for (const site of ["cross-site", "same-site"]) {
    assert.equal(judged("DELETE", { ...json, "sec-fetch-site": site }), "origin-refused", site);
  }
  assert.equal(judged("POST", { ...json, "sec-fetch-site": "same-origin" }), "key");
});

test("looking needs neither, also from elsewhere: an answer that another origin may not read harms nobody", () => {
  assert.equal(judged("GET", {}), "key");
  assert.equal(judged("GET", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }), "key");
});

test("without Easy Auth nobody looks at the header that says who calls: anybody could have written it", () => {
  assert.equal(judged("POST", { ...json, ...principal([id, { typ: role, val: "Lakeferry.Operate" }]) }), "key");
  assert.equal(judged("GET", { "x-ms-client-principal": "no base64 at all" }), "key");
});

test("with Easy Auth the role decides: one for reading, one for everything", () => {
  const reader = principal([id, { typ: role, val: "Lakeferry.Read" }]);
  const operator = principal([id, { typ: "roles", val: "Lakeferry.Operate" }], {});
  assert.equal(judged("GET", reader, "on"), "the caller");
  assert.equal(judged("POST", { ...json, ...reader }, "on"), "not-permitted");
  assert.equal(judged("GET", operator, "on"), "the caller");
  assert.equal(judged("POST", { ...json, ...operator }, "on"), "the caller");
  assert.equal(judged("POST", operator, "on"), "not-json");
  assert.equal(judged("GET", principal([id]), "on"), "not-permitted");
  // A claim of another type is no role, whatever it says.
  assert.equal(judged("GET", principal([id, { typ: "name", val: "Lakeferry.Operate" }]), "on"), "not-permitted");
});

test("with Easy Auth a call without a principal that can be read is nobody's", () => {
  const headers = ["", "bm8ganNvbg==", Buffer.from("{}").toString("base64"), Buffer.from("null").toString("base64")];
  for (const header of headers) assert.equal(judged("GET", { "x-ms-client-principal": header }, "on"), "not-signed-in");
  assert.equal(judged("GET", {}, "on"), "not-signed-in");
  assert.equal(judged("GET", principal([{ typ: role, val: "Lakeferry.Read" }]), "on"), "not-signed-in");
});
