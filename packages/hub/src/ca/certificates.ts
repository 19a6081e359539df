import { randomBytes, webcrypto } from 'node:crypto';
import { x509 } from './x509.ts';

/** Key pair and certificate of an authority. */
export interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly keys: CryptoKeyPair;
}

type CryptoKeyPair = webcrypto.CryptoKeyPair;
type CryptoKey = webcrypto.CryptoKey;

const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Clocks of hosts may be behind ours. */
const BACKDATE_MS = 5 * 60_000;

/** A fresh EC P-256 pair. */
export async function newKeys(): Promise<CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
}

/** PKCS#8 PEM of a private key. */
export async function exportKey(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** The key pair of a PKCS#8 PEM and its certificate. Throws what Web Crypto throws for anything else. */
export async function importKeys(keyPem: string, certificate: x509.X509Certificate): Promise<CryptoKeyPair> {
  const privateKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(keyPem), EC, true, ['sign']);
  const publicKey = await webcrypto.subtle.importKey('spki', certificate.publicKey.rawData, EC, true, ['verify']);
  return { privateKey, publicKey };
}

/** A self-signed root for ten years. */
export async function issueRoot(hubId: string, nowMs: number): Promise<Issuer> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`Storm Pulse root ${hubId}`] }],
    keys,
    serialNumber: newSerial(),
    ...validity(nowMs, 3_650),
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keys };
}

/** The agents' intermediate: path length 0, client authentication, names of this hub only (SEC-303; hub page 5.1). */
export async function issueAgentsAuthority(root: Issuer, hubId: string, nowMs: number): Promise<Issuer> {
  const keys = await newKeys();
  const certificate = await issue(root, keys.publicKey, `Storm Pulse agents ${hubId}`, nowMs, 1_825, [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    uriConstraint(agentHost(hubId)),
  ]);
  return { certificate, keys };
}

/** The agents' listener: server authentication for exactly these names and addresses. */
export async function issueServer(root: Issuer, names: readonly x509.JsonGeneralName[], nowMs: number): Promise<Issuer> {
  const keys = await newKeys();
  const certificate = await issue(root, keys.publicKey, 'Storm Pulse hub', nowMs, 365, [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([...names]),
  ]);
  return { certificate, keys };
}

/** An agent's certificate: the agent's id as URI name and common name, client authentication only (SEC-304). */
export async function issueAgent(
  authority: Issuer,
  agent: { readonly hubId: string; readonly agentId: string; readonly publicKey: x509.PublicKey; readonly days: number },
  nowMs: number,
): Promise<x509.X509Certificate> {
  return await issue(authority, agent.publicKey, agent.agentId, nowMs, agent.days, [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: 'url', value: agentUri(agent.hubId, agent.agentId) }]),
  ]);
}

/** The URI name that carries an agent's id (hub page 5.1, step 2). */
export function agentUri(hubId: string, agentId: string): string {
  return `spiffe://${agentHost(hubId)}/agent/${agentId}`;
}

function agentHost(hubId: string): string {
  return `${hubId}.stormpulse.invalid`;
}

async function issue(
  issuer: Issuer,
  publicKey: CryptoKey | x509.PublicKey,
  commonName: string,
  nowMs: number,
  days: number,
  extensions: x509.Extension[],
): Promise<x509.X509Certificate> {
  return await x509.X509CertificateGenerator.create({
    subject: [{ CN: [commonName] }],
    issuer: issuer.certificate.subjectName,
    publicKey,
    signingKey: issuer.keys.privateKey,
    serialNumber: newSerial(),
    ...validity(nowMs, days),
    signingAlgorithm: SIGNING,
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
    ],
  });
}

function validity(nowMs: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - BACKDATE_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

/** 128 random bits behind a byte that keeps the number positive and its length fixed (RFC 5280, 4.1.2.2: at most 20 bytes). */
function newSerial(): string {
  return `01${randomBytes(16).toString('hex')}`;
}

/** Critical name constraints (RFC 5280, 4.2.1.10) that permit URIs of one host; every length here is below 128. */
function uriConstraint(host: string): x509.Extension {
  const name = tlv(0x86, Buffer.from(host, 'ascii'));
  const permitted = tlv(0xa0, tlv(0x30, name));
  return new x509.Extension('2.5.29.30', true, tlv(0x30, permitted));
}

function tlv(tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([tag, content.length, ...content]);
}
