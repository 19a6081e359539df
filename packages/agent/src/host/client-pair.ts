import { X509Certificate, createPrivateKey } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ClientPair, RenewalPairs } from '@stormpulse/services';
import { readGuarded } from './guarded-file.ts';
import { removeLeftovers } from './leftovers.ts';
import { replaceFile, replaceFiles } from './replace-file.ts';

/** Where an agent's certificate and key are: the host's own files, and what was renewed since, in the state folder. */
export interface PairPaths {
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly databasePath: string;
}

/** The pair in use, and where it came from. */
export interface PairInUse extends ClientPair {
  readonly leaf: X509Certificate;
  readonly renewed: boolean;
}

export interface ClientPairs extends RenewalPairs {
  current(): PairInUse;
  /** What a crash left half done. To be called once, before the first dial. */
  repair(): void;
  /** A connection opened with the pair in use: the one before is not needed any more. */
  proven(): void;
}

const MAX_FILE_BYTES = 64 * 1024;
const SECRET = { mode: 0o600 };
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/u;
const CHAIN = /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/u;
const SUCCEEDS = /^# succeeds ([0-9A-F:]{95})$/mu;

/**
 * Certificate and key of a renewed pair share one file, so no crash parts them. It names the host's certificate it succeeds:
 * when a person enrolls again, it counts no more. The host's own files follow where this user may write them, for the way
 * back to a v1 agent.
 */
export function clientPairs(paths: PairPaths, notCopied: (error: unknown) => void = () => undefined): ClientPairs {
  const file = join(dirname(paths.databasePath), 'client-pair.pem');
  const next = `${file}.next`;
  const previous = `${file}.prev`;

  /** The host's own files follow the pair in use; key first, so that a half-done copy still shows the certificate it succeeds. */
  function copyToHost({ cert, key, renewed }: PairInUse): void {
    if (!renewed) return;
    try {
      const isOneFile = paths.keyPath === paths.certificatePath;
      const targets = isOneFile
        ? [target(paths.keyPath, key + cert)]
        : [target(paths.keyPath, key), target(paths.certificatePath, cert)];
      if (targets.some(({ path, content }) => readFileSync(path, 'utf8') !== content)) replaceFiles(targets);
    } catch (error) {
      notCopied(error);
    }
  }

  return {
    current: () => currentPair(paths),
    stage({ cert, key }) {
      const base = new X509Certificate(readFileSync(paths.certificatePath)).fingerprint256;
      replaceFile(next, `# succeeds ${base}\n${key.trim()}\n${cert.trim()}\n`, SECRET);
    },
    discard: () => rmSync(next, { force: true }),
    promote() {
      const { cert, key } = currentPair(paths);
      const base = new X509Certificate(readFileSync(paths.certificatePath)).fingerprint256;
      replaceFile(previous, `# succeeds ${base}\n${key.trim()}\n${cert.trim()}\n`, SECRET);
      replaceFile(file, readFileSync(next), SECRET);
      rmSync(next, { force: true });
      copyToHost(currentPair(paths));
    },
    repair() {
      for (const path of [file, next, previous]) removeLeftovers(path);
      rmSync(next, { force: true });
      removeHostLeftovers(paths);
      copyToHost(currentPair(paths));
    },
    proven() {
      if (existsSync(previous) && currentPair(paths).renewed) rmSync(previous, { force: true });
    },
  };
}

/** Root's folder may not be this user's to list; then nothing of this user's is in it. */
function removeHostLeftovers({ certificatePath, keyPath }: PairPaths): void {
  try {
    for (const path of [certificatePath, keyPath]) removeLeftovers(realpathSync(path));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** What a dial made now would show. `read` throws for a file that must not be used. */
export function currentPair(paths: PairPaths, read: (path: string) => Buffer = guarded): PairInUse {
  const file = join(dirname(paths.databasePath), 'client-pair.pem');
  const host = readFileSync(paths.certificatePath, 'utf8');
  const leaf = new X509Certificate(host);
  for (const candidate of [file, `${file}.prev`]) {
    const renewed = readRenewed(candidate, read);
    if (renewed !== undefined && [renewed.succeeds, renewed.leaf.fingerprint256].includes(leaf.fingerprint256))
      return { cert: renewed.cert, key: renewed.key, leaf: renewed.leaf, renewed: true };
  }
  return { cert: host, key: readFileSync(paths.keyPath, 'utf8'), leaf, renewed: false };
}

/** Undefined when there is none, or none that may be used. */
function readRenewed(
  path: string,
  read: (path: string) => Buffer,
): (ClientPair & { readonly leaf: X509Certificate; readonly succeeds: string }) | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    const text = read(path).toString('utf8');
    const [key, cert, succeeds] = [KEY.exec(text)?.[0], CHAIN.exec(text)?.[0], SUCCEEDS.exec(text)?.[1]];
    if (key === undefined || cert === undefined || succeeds === undefined) return undefined;
    const leaf = new X509Certificate(cert);
    return leaf.checkPrivateKey(createPrivateKey(key)) ? { cert: `${cert}\n`, key: `${key}\n`, leaf, succeeds } : undefined;
  } catch {
    return undefined; // damaged, or others could have written it: the host's own files count
  }
}

function guarded(path: string): Buffer {
  return readGuarded(path, { secrecy: 'secret', maxBytes: MAX_FILE_BYTES });
}

/** Past a link, with the mode and group the file has. */
function target(path: string, content: string): Parameters<typeof replaceFiles>[0][number] {
  const real = realpathSync(path);
  const { mode, gid } = lstatSync(real);
  return {
    path: real,
    content,
    access: { mode: mode & 0o777, ...(process.geteuid?.() === 0 ? { group: gid } : {}) },
  };
}
