import { webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const EC = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };
const HOUR_MS = 3_600_000;

x509.cryptoProvider.set(webcrypto);

/** A private CA that lasts for one bench: EC P-256, as a hub's. */
export async function createAuthority() {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=bench root',
    keys,
    ...validity(),
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { keys, certificate, pem: certificate.toString('pem') };
}

/** Certificate and key for a listener on localhost, PEM: a host dials its hub by name, and looking one up has its price. */
export function issueServer(authority) {
  return issue(authority, 'bench hub', x509.ExtendedKeyUsage.serverAuth, [{ type: 'dns', value: 'localhost' }]);
}

/** Writes the credentials folder of an agent, with its HMAC key. */
export async function writeCredentials(authority, folder, agentId, hmacKey) {
  const { cert, key } = await issue(authority, agentId, x509.ExtendedKeyUsage.clientAuth, [{ type: 'dns', value: agentId }]);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'ca.pem'), authority.pem);
  await writeFile(join(folder, 'agent.pem'), cert);
  await writeFile(join(folder, 'agent-key.pem'), key, { mode: 0o600 });
  await writeFile(join(folder, 'hmac.key'), hmacKey, { mode: 0o600 });
}

async function issue(authority, name, usage, names) {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    ...validity(),
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

function newKeys() {
  return webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
}

function validity() {
  return { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + 24 * HOUR_MS) };
}
