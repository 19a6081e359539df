import { X509Certificate, createPrivateKey } from 'node:crypto';
import { isAgentError } from '@stormpulse/plugin-api';
import { readSigningKey } from '../../host/identity-files.ts';
import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';
import { pairInUse, textOf } from '../pair-in-use.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 7;
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';
const ENROLL = 'enroll this host again: stormpulse enroll … --force';
const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu;

/** The four files of an enrollment. One that cannot be read is told of with the files. */
export function lookAtCertificates(host: HostUnderExamination): Finding[] {
  const { config, user, surroundings } = host;
  const now = surroundings.now();
  const ca = user.look(() => textOf(config.caPath));
  const { cert: own, key } = user.look(() => pairInUse(config));
  const roots = ca === undefined ? [] : certificatesIn(ca);
  const [leaf, ...between] = own === undefined ? [] : certificatesIn(own);
  return [
    ...(ca === undefined || config.serverCa === 'system' ? [] : ofAuthority(config.caPath ?? '', roots, now)),
    ...(own === undefined ? [] : ofOwn(host, leaf, now)),
    ...(leaf === undefined || key === undefined ? [] : ofKey(config.keyPath ?? '', leaf, key)),
    ...(leaf === undefined || roots.length === 0 ? [] : ofChain(host, isUnder(roots, leaf, between))),
    ...ofSigningKey(host),
  ];
}

function certificatesIn(pem: string): X509Certificate[] {
  return (pem.match(CERTIFICATE_BLOCK) ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch (error) {
      if (error instanceof Error && 'code' in error) return [];
      throw error;
    }
  });
}

function ofAuthority(path: string, roots: readonly X509Certificate[], now: number): Finding[] {
  const where = `[tls] ca_cert = ${path}`;
  const expected = "the certificate of the CA that issued the hub's";
  const fix = 'put the CA of the hub there (the hub prints it when it makes a token), or enroll again';
  if (roots.length === 0) return [{ level: 'wrong', problem: 'holds no certificate', where, expected, fix }];
  return roots.flatMap((root): Finding[] => {
    const name = root.subject.replaceAll('\n', ', ');
    if (!root.ca) return [{ level: 'wrong', problem: `"${name}" is no certificate of a CA`, where, expected, fix }];
    const date = outOfDate(root, now);
    return date === undefined ? [] : [{ level: 'wrong', problem: `the CA "${name}" ${date}`, where, expected, fix }];
  });
}

function ofOwn({ config }: HostUnderExamination, leaf: X509Certificate | undefined, now: number): Finding[] {
  const where = `[tls] client_cert = ${config.certificatePath}`;
  const expected = `a certificate for ${config.agentId ?? 'this agent'} that is valid now`;
  if (leaf === undefined) return [{ level: 'wrong', problem: 'holds no certificate', where, expected, fix: ENROLL }];
  const found: Finding[] = [];
  const date = outOfDate(leaf, now);
  const days = Math.trunc((Date.parse(leaf.validTo) - now) / DAY_MS);
  if (date !== undefined)
    found.push({ level: 'wrong', problem: `it ${date}`, where, expected, fix: `check the clock of this host, or ${ENROLL}` });
  else if (days < SOON_DAYS)
    found.push({ level: 'note', problem: `it ends in ${days} days, at ${leaf.validTo}`, where, expected, fix: ENROLL });
  const commonName = /^CN=(.*)$/mu.exec(leaf.subject)?.[1];
  if (config.agentId !== undefined && commonName !== config.agentId)
    found.push({
      level: 'wrong',
      problem: `it was issued to "${commonName ?? 'nobody'}", and [agent] id is "${config.agentId}"`,
      where,
      expected,
      fix: `write the id it was issued to in [agent], or ${ENROLL}`,
    });
  // Node's types call them names; they are object identifiers, and absent where the certificate does not say.
  const usages = (leaf as { readonly keyUsage?: readonly string[] }).keyUsage;
  if (usages !== undefined && !usages.includes(CLIENT_AUTH) && !usages.includes(ANY_USAGE))
    found.push({ level: 'wrong', problem: 'it is not made for a client (extended key usage)', where, expected, fix: ENROLL });
  return found;
}

function ofKey(path: string, leaf: X509Certificate, pem: string): Finding[] {
  const where = `[tls] client_key = ${path}`;
  const expected = 'the private key of client_cert';
  const fix = `put the key that belongs to the certificate there, or ${ENROLL}`;
  try {
    if (leaf.checkPrivateKey(createPrivateKey(pem))) return [];
    return [{ level: 'wrong', problem: 'is the key of another certificate', where, expected, fix }];
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return [{ level: 'wrong', problem: `holds no private key (${error.code as string})`, where, expected, fix }];
  }
}

/** Only a note when the hub took it: what counts is which CAs the hub asks for. */
function ofChain({ config, hub }: HostUnderExamination, isOurs: boolean): Finding[] {
  if (isOurs) return [];
  return [
    {
      level: hub?.status === undefined ? 'wrong' : 'note',
      problem: `was not issued by the CA in ${config.caPath}`,
      where: `[tls] client_cert = ${config.certificatePath}`,
      expected: 'a certificate of the CA of the same enrollment',
      fix: `name the files of one enrollment in [tls], or ${ENROLL}`,
    },
  ];
}

/** Whether one of the roots issued it, or a CA of those that stand behind it in its own file, and so on upwards. */
function isUnder(roots: readonly X509Certificate[], leaf: X509Certificate, between: readonly X509Certificate[]): boolean {
  const issued = (by: X509Certificate): boolean => leaf.checkIssued(by) && leaf.verify(by.publicKey);
  if (roots.some(issued)) return true;
  return between.some((by, at) => by.ca && issued(by) && isUnder(roots, by, between.toSpliced(at, 1)));
}

function ofSigningKey({ config, user }: HostUnderExamination): Finding[] {
  const { hmacPath } = config;
  if (hmacPath === undefined) return [];
  try {
    user.look(() => readSigningKey(hmacPath)).fill(0);
    return [];
  } catch (error) {
    if (!isAgentError(error)) throw error;
    if (error.code !== 'E_AGENT_REFUSED') return [];
    const [problem = '', fix = ENROLL] = error.message.split(': ');
    return [{ level: 'wrong', problem, where: `[auth] hmac_secret = ${hmacPath}`, expected: 'at least 16 random bytes', fix }];
  }
}

function outOfDate(certificate: X509Certificate, now: number): string | undefined {
  if (Date.parse(certificate.validTo) <= now) return `has expired at ${certificate.validTo}`;
  if (Date.parse(certificate.validFrom) > now) return `is not valid before ${certificate.validFrom}`;
  return undefined;
}
