import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import forge from "node-forge";

/** A certificate of this machine's own and its private key, as PEM. */
export type Certificate = { readonly cert: string; readonly key: string };

const validMs = 7 * 24 * 3_600_000;

/**
 * The certificate in a folder (`cert.pem`, `key.pem`), made there when there is none, for 127.0.0.1 and localhost and for a
 * week. Who is to trust it gets the file by name, as NODE_EXTRA_CA_CERTS; nothing is put into this machine's own trust.
 */
export function certificateIn(folder: string): Certificate {
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  if (!existsSync(certFile)) {
    const { cert, key } = newCertificate(Date.now());
    mkdirSync(folder, { recursive: true });
    writeFileSync(keyFile, key, { mode: 0o600 });
    writeFileSync(certFile, cert);
  }
  return { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}

function newCertificate(nowMs: number): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // A first byte above 7f would make it negative.
  certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
  certificate.validity.notBefore = new Date(nowMs - 3_600_000);
  certificate.validity.notAfter = new Date(nowMs + validMs);
  const name = [{ name: "commonName", value: "127.0.0.1" }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: "basicConstraints", cA: true },
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true, keyCertSign: true },
    {
      name: "subjectAltName",
      altNames: [
        { type: 2, value: "localhost" },
        { type: 7, ip: "127.0.0.1" },
      ],
    },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: privateKey };
}
