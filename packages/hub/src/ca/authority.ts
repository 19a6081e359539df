import { createHash, randomBytes } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { x509 } from './x509.ts';
import { HubError, messageOf } from '../errors.ts';
import { writeDurably } from '../storage/durable-file.ts';
import { agentUri, exportKey, importKeys, issueAgent, issueAgentsAuthority, issueRoot, issueServer } from './certificates.ts';
import type { Issuer } from './certificates.ts';

/** A certificate made for an agent. `chainPem` is the leaf and the intermediate; the fingerprint is SHA-256 of the DER, hex. */
export interface AgentCertificate {
  readonly chainPem: string;
  readonly serial: string;
  readonly fingerprint: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The hub's own certificate authority. */
export interface Authority {
  readonly hubId: string;
  /** What agents trust: the root alone. */
  readonly rootPem: string;
  /** SHA-256 of the root's DER, hex: the third part of a token. */
  readonly rootDigest: string;
  /** What may have issued a client certificate. */
  readonly clientCaPem: readonly string[];
  /** Certificate chain (with the root, so that a handshake shows it) and key of the agents' listener. */
  serverFor(names: readonly string[]): Promise<{ readonly chainPem: string; readonly keyPem: string }>;
  issueFor(agentId: string, publicKey: x509.PublicKey, days: number): Promise<AgentCertificate>;
  /** The agent's id in a certificate's subjectAltName text, when it has exactly our one URI name. */
  agentIdOf(subjectAltName: string | undefined): string | undefined;
}

const ROOT_FILE = 'ca-root.pem';
const AGENTS_FILE = 'ca-agents.pem';
const SERVER_FILE = 'server.pem';
/** The root's certificate alone, for hosts. */
export const CA_FILE = 'ca.pem';
type IssuerFile = typeof ROOT_FILE | typeof AGENTS_FILE | typeof SERVER_FILE;

const DAY_MS = 86_400_000;
/** An agent without renewal gets 365 days, so its issuer must have more left. */
const INTERMEDIATE_LEFT_MS = 400 * DAY_MS;
const SERVER_LEFT_MS = 30 * DAY_MS;

/** True when the folder holds a hub's CA. */
export async function hasAuthority(stateDir: string): Promise<boolean> {
  return await access(join(stateDir, ROOT_FILE)).then(
    () => true,
    () => false,
  );
}

/** Reads the CA of a state folder, or makes it at first start: keys in files of mode 0600 (SEC-180, SEC-181). */
export async function openAuthority(stateDir: string, now: () => number): Promise<Authority> {
  const folder = { stateDir, now };
  const root =
    (await load(folder, ROOT_FILE)) ?? (await make(folder, ROOT_FILE, () => issueRoot(randomBytes(8).toString('hex'), now())));
  const hubId = /^CN=Storm Pulse root ([0-9a-f]{16})$/.exec(root.certificate.subject)?.[1];
  if (hubId === undefined) {
    throw new HubError('E_CA', 503, `${join(stateDir, ROOT_FILE)} is not a root this hub made; restore it from a copy`);
  }
  const agents =
    (await load(folder, AGENTS_FILE, INTERMEDIATE_LEFT_MS)) ??
    (await make(folder, AGENTS_FILE, () => issueAgentsAuthority(root, hubId, now())));
  await publish(folder, pem(root.certificate));
  return authority(folder, hubId, root, agents);
}

interface Folder {
  readonly stateDir: string;
  readonly now: () => number;
}

function authority(folder: Folder, hubId: string, root: Issuer, agents: Issuer): Authority {
  const rootPem = pem(root.certificate);
  const agentsPem = pem(agents.certificate);
  const uri = new RegExp(`^URI:${agentUri(hubId, '').replaceAll('.', '\\.')}([A-Za-z0-9][A-Za-z0-9._-]{0,63})$`);
  return {
    hubId,
    rootPem,
    rootDigest: sha256Hex(root.certificate.rawData),
    clientCaPem: [rootPem, agentsPem],
    async serverFor(names) {
      const wanted = generalNames(names);
      const known = await load(folder, SERVER_FILE, SERVER_LEFT_MS);
      const fits = known !== undefined && sameNames(known.certificate, wanted);
      const server = fits ? known : await make(folder, SERVER_FILE, () => issueServer(root, wanted, folder.now()));
      return { chainPem: pem(server.certificate) + rootPem, keyPem: await exportKey(server.keys.privateKey) };
    },
    async issueFor(agentId, publicKey, days) {
      const certificate = await issueAgent(agents, { hubId, agentId, publicKey, days }, folder.now());
      return {
        chainPem: pem(certificate) + agentsPem,
        serial: certificate.serialNumber,
        fingerprint: sha256Hex(certificate.rawData),
        notBefore: certificate.notBefore.getTime(),
        notAfter: certificate.notAfter.getTime(),
      };
    },
    agentIdOf: (subjectAltName) => uri.exec(subjectAltName ?? '')?.[1],
  };
}

/** Undefined when there is none, or when what is left of its life is too short. */
async function load({ stateDir, now }: Folder, name: IssuerFile, leftMs = 0): Promise<Issuer | undefined> {
  const path = join(stateDir, name);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const certificate = new x509.X509Certificate(onlyBlock(text, 'CERTIFICATE'));
    if (certificate.notAfter.getTime() - now() < leftMs) return undefined;
    return { certificate, keys: await importKeys(onlyBlock(text, 'PRIVATE KEY'), certificate) };
  } catch (error) {
    throw new HubError('E_CA', 503, `${path} cannot be read (${messageOf(error)}); restore it from a copy`, { cause: error });
  }
}

/** Key and certificate share one file, so that a crash cannot leave halves of two pairs. */
async function make({ stateDir }: Folder, name: IssuerFile, issue: () => Promise<Issuer>): Promise<Issuer> {
  const made = await issue();
  await writeDurably(join(stateDir, name), (await exportKey(made.keys.privateKey)) + '\n' + pem(made.certificate), 0o600);
  return made;
}

/** The public copy that hosts are given, for example as SSL_CERT_FILE. */
async function publish({ stateDir }: Folder, rootPem: string): Promise<void> {
  const path = join(stateDir, CA_FILE);
  if ((await readIfThere(path)) !== rootPem) await writeDurably(path, rootPem, 0o644);
}

function onlyBlock(text: string, tag: string): string {
  const block = new RegExp(`-----BEGIN ${tag}-----[A-Za-z0-9+/=\\s]+-----END ${tag}-----`).exec(text)?.[0];
  if (block === undefined) throw new Error(`it has no ${tag} block`);
  return block;
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function generalNames(names: readonly string[]): x509.JsonGeneralName[] {
  return [...new Set(names)].map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
}

function sameNames(certificate: x509.X509Certificate, wanted: readonly x509.JsonGeneralName[]): boolean {
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const texts = new Set(names.map(({ type, value }) => `${type}:${value}`));
  return texts.size === wanted.length && wanted.every(({ type, value }) => texts.has(`${type}:${value}`));
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}

function sha256Hex(data: ArrayBuffer): string {
  return createHash('sha256').update(new Uint8Array(data)).digest('hex');
}
