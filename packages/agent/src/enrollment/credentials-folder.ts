import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Enrollment } from '../errors.ts';
import { groupId } from '../host/group-id.ts';
import { probeFolder, replaceFiles } from '../host/replace-file.ts';
import type { FileAccess } from '../host/replace-file.ts';
import type { Identity } from './answer.ts';

/** v1's four files in v1's order, so that the host can go back. */
const FILES = ['agent-key.pem', 'hmac.key', 'agent.pem', 'ca.pem'] as const;
const OWNING_GROUP = 'stormpulse';

/** Everything local that could fail, before a byte is sent and a token spent (wire page, 14.36). Throws `E_ENROLL`. */
export function prepareFolder(folderAsGiven: string, options: { readonly force: boolean }): void {
  const folder = resolve(folderAsGiven); // also drops the trailing slash, behind which a link would hide
  try {
    if (isLink(folder)) throw new Error('it is a symbolic link, which could be pointed elsewhere; name the folder itself');
    makeFolder(folder);
    const stat = lstatSync(folder);
    if (!stat.isDirectory()) throw new Error('it is no folder');
    if ((stat.mode & 0o022) !== 0) throw new Error(`others may write there; run: chmod go-w ${folder}`);
    probeFolder(folder);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const what = `the credentials folder ${folder} cannot be used: ${why}. No request was made; choose another with --creds-dir`;
    throw Enrollment({ what }, { cause });
  }
  const present = FILES.filter((name) => lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined);
  if (present.length > 0 && !options.force) {
    throw Enrollment({
      what: `${folder} already holds credentials (${present.join(', ')}). No request was made and the token is not spent; remove them, choose another folder with --creds-dir, or replace them with --force`,
    });
  }
}

/** With its parents, each only its owner's. Node's own `recursive` never returns where a file system answers ENOENT, as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** Writes the identity, each file whole and with its final mode from its first byte (SEC-180, SEC-181). */
export function writeIdentity(
  folder: string,
  identity: Identity,
  keyPem: string,
  origin: { readonly endpoint: string; readonly agentId: string },
): void {
  const { secret, open } = credentialAccess();
  const about = `${JSON.stringify({ endpoint: origin.endpoint, agent_id: origin.agentId }, null, 2)}\n`;
  const contents: readonly (readonly [name: string, content: string | Buffer, access: FileAccess])[] = [
    ['agent-key.pem', keyPem, secret],
    ['hmac.key', identity.hmacKey, secret],
    ['agent.pem', identity.certificatePem, open],
    ['ca.pem', identity.caPem, open],
    ['enroll.json', about, { mode: 0o644 }],
    ...(identity.pulseToken === undefined ? [] : [['pulse-token', `${identity.pulseToken}\n`, secret] as const]),
  ];
  replaceFiles(contents.map(([name, content, access]) => ({ path: join(folder, name), content, access })));
}

/** D1: 0640 for root's service group in system mode, 0600 in user mode. */
export function credentialAccess(): { readonly secret: FileAccess; readonly open: FileAccess } {
  const asRoot = process.geteuid?.() === 0;
  const group = asRoot ? groupId(OWNING_GROUP) : undefined;
  const owner = group === undefined ? {} : { group };
  return { secret: { mode: asRoot ? 0o640 : 0o600, ...owner }, open: { mode: 0o644, ...owner } };
}
