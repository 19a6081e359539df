// The library's dependency injection refuses to load without the polyfill, so it comes first.
import 'reflect-metadata';
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const USES = { client: x509.ExtendedKeyUsage.clientAuth, server: x509.ExtendedKeyUsage.serverAuth };

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface LeafSpec {
  readonly commonName: string;
  /** DNS names; none leaves subjectAltName out. */
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  readonly fromDays?: number;
  readonly untilDays?: number;
  /** Extended key usage; none leaves it out. */
  readonly use?: 'client' | 'server';
}

/** A CA that lives as long as the test. */
export interface Authority {
  readonly pem: string;
  /** SHA-256 of its DER, as a token carries it. */
  readonly digest: string;
  issue(spec: LeafSpec): Promise<Pair>;
  /** A CA below this one. */
  below(name: string): Promise<Authority>;
  /** Signs what a CSR asks for, under `commonName` when given. */
  sign(csrPem: string, commonName?: string, more?: Pick<LeafSpec, 'fromDays' | 'untilDays' | 'use'>): Promise<string>;
}

export async function createAuthority(name = 'test root'): Promise<Authority> {
  return await authority(name);
}

async function authority(
  name: string,
  above?: { readonly issuer: x509.Name; readonly key: webcrypto.CryptoKey },
): Promise<Authority> {
  const keys = await newKeys();
  const subject = new x509.Name([{ CN: [{ utf8String: name }] }]);
  const root = await x509.X509CertificateGenerator.create({
    subject,
    issuer: above?.issuer ?? subject,
    publicKey: keys.publicKey,
    signingKey: above?.key ?? keys.privateKey,
    serialNumber: serial(),
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 365 * DAY_MS),
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const leaf = async (publicKey: x509.PublicKeyType, spec: LeafSpec): Promise<string> => {
    const { names = [], addresses = [], fromDays = -1, untilDays = 30 } = spec;
    const alternatives: x509.JsonGeneralName[] = [
      ...names.map((value) => ({ type: 'dns' as const, value })),
      ...addresses.map((value) => ({ type: 'ip' as const, value })),
    ];
    const made = await x509.X509CertificateGenerator.create({
      subject: new x509.Name([{ CN: [{ utf8String: spec.commonName }] }]),
      issuer: root.subjectName,
      publicKey,
      signingKey: keys.privateKey,
      serialNumber: serial(),
      notBefore: new Date(Date.now() + fromDays * DAY_MS),
      notAfter: new Date(Date.now() + untilDays * DAY_MS),
      signingAlgorithm: SIGNING,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        ...(alternatives.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(alternatives)]),
        ...(spec.use === undefined ? [] : [new x509.ExtendedKeyUsageExtension([USES[spec.use]])]),
        await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
      ],
    });
    return made.toString('pem');
  };
  return {
    pem: root.toString('pem'),
    digest: createHash('sha256').update(Buffer.from(root.rawData)).digest('hex'),
    below: (next) => authority(next, { issuer: root.subjectName, key: keys.privateKey }),
    async issue(spec) {
      const own = await newKeys();
      const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY');
      return { cert: await leaf(own.publicKey, spec), key };
    },
    async sign(csrPem, commonName, more = {}) {
      const request = new x509.Pkcs10CertificateRequest(csrPem);
      return await leaf(request.publicKey, { ...more, commonName: commonName ?? request.subjectName.getField('CN')[0] ?? '' });
    },
  };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
}

function serial(): string {
  return `01${randomBytes(15).toString('hex')}`;
}
