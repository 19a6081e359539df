// The library's dependency injection refuses to load without the polyfill, so it comes first.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** PEM texts of a certificate and its private key. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

/** What may be wrong with a certificate on purpose; every default is a sound certificate. */
export interface CertificateSpec {
  readonly commonName?: string;
  /** Host names and addresses in subjectAltName; none leaves the extension out. */
  readonly names?: readonly string[];
  readonly use?: 'server' | 'client' | 'any' | 'none';
  /** Days from now; negative is in the past. */
  readonly fromDays?: number;
  readonly untilDays?: number;
  /** A URI name, as hubs put an agent's id. */
  readonly uri?: string;
}

/** A private authority that lives as long as the test. */
export interface TestAuthority {
  readonly caPem: string;
  issue(spec?: CertificateSpec): Promise<PemPair>;
  /** Signs a CSR as a hub would: subject and key taken, everything else ours. */
  sign(csrPem: string): Promise<string>;
}

const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** `bare`: without a key identifier, so that only its name says whose issuer it is. */
export async function createAuthority(commonName = 'test root', bare = false): Promise<TestAuthority> {
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    keys,
    serialNumber: serial(),
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 365 * DAY_MS),
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ...(bare ? [] : [await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)]),
    ],
  });

  const certificate = async (publicKey: webcrypto.CryptoKey | x509.PublicKey, spec: CertificateSpec): Promise<string> => {
    const made = await x509.X509CertificateGenerator.create({
      subject: [{ CN: [spec.commonName ?? 'test'] }],
      issuer: root.subjectName,
      publicKey,
      signingKey: keys.privateKey,
      serialNumber: serial(),
      notBefore: new Date(Date.now() + (spec.fromDays ?? -1) * DAY_MS),
      notAfter: new Date(Date.now() + (spec.untilDays ?? 30) * DAY_MS),
      signingAlgorithm: SIGNING,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ...usage(spec.use ?? 'server'),
        ...alternatives(spec),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
      ],
    });
    return made.toString('pem');
  };

  return {
    caPem: root.toString('pem'),
    async issue(spec = {}) {
      const own = await newKeys();
      const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY');
      return { cert: await certificate(own.publicKey, spec), key };
    },
    async sign(csrPem) {
      const request = new x509.Pkcs10CertificateRequest(csrPem);
      if (!(await request.verify())) throw new Error('the CSR is not signed by its own key');
      const commonName = request.subjectName.getField('CN')[0] ?? '';
      return await certificate(request.publicKey, { commonName, use: 'client', uri: `urn:test:${commonName}` });
    },
  };
}

/** A CSR as v1 agents make it: P-256, SHA-256, subject only (wire page, section 4). */
export async function createCsr(commonName: string): Promise<{ readonly csrPem: string; readonly key: string }> {
  const keys = await newKeys();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: SIGNING,
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { csrPem: request.toString('pem'), key };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
}

function serial(): string {
  return `01${randomBytes(15).toString('hex')}`;
}

function usage(use: NonNullable<CertificateSpec['use']>): x509.Extension[] {
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  if (use === 'none') return [];
  const oids = { server: [serverAuth], client: [clientAuth], any: ['2.5.29.37.0'] }[use];
  return [new x509.ExtendedKeyUsageExtension(oids)];
}

function alternatives({ names = [], uri }: CertificateSpec): x509.Extension[] {
  const list: x509.JsonGeneralName[] = names.map((value) => ({ type: /^[\d.]+$|:/u.test(value) ? 'ip' : 'dns', value }));
  if (uri !== undefined) list.push({ type: 'url', value: uri });
  return list.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(list)];
}
