import { existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Enrollment } from '../errors.ts';
import { isSymlink } from '../host/guarded-file.ts';
import { groupId } from '../host/group-id.ts';
import { replaceFile } from '../host/replace-file.ts';
import type { Identity } from './answer.ts';

/** v1's four files in v1's order, so that the host can go back. */
const FILES = ['agent-key.pem', 'hmac.key', 'agent.pem', 'ca.pem'] as const;
const OWNING_GROUP = 'stormpulse';

/** Everything local that could fail, before a byte is sent and a token spent (wire page, 14.36). Throws `E_ENROLL`. */
export function prepareFolder(folder: string, options: { readonly force: boolean }): void {
  if (isSymlink(folder))
    throw Enrollment({ what: `${folder} is a symbolic link; name the folder itself, so that nobody can point it elsewhere` });
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!statSync(folder).isDirectory()) throw new Error('it is no folder');
    const stat = lstatSync(folder);
    if ((stat.mode & 0o022) !== 0) throw new Error(`others may write there; run: chmod go-w ${folder}`);
    replaceFile(join(folder, '.stormpulse-write-test'), Buffer.alloc(0), { mode: 0o600, remove: true });
  } catch (cause) {
    throw Enrollment(
      {
        what: `the credentials folder ${folder} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. No request was made; choose another with --creds-dir`,
      },
      { cause },
    );
  }
  const present = FILES.filter((name) => existsSync(join(folder, name)) || isSymlink(join(folder, name)));
  if (present.length > 0 && !options.force) {
    throw Enrollment({
      what: `${folder} already holds credentials (${present.join(', ')}). No request was made and the token is not spent; remove them, choose another folder with --creds-dir, or replace them with --force`,
    });
  }
}

/** Writes the identity, each file whole and with its final mode from its first byte (SEC-180, SEC-181). */
export function writeIdentity(
  folder: string,
  identity: Identity,
  keyPem: string,
  origin: { readonly endpoint: string; readonly agentId: string },
): void {
  const asRoot = process.geteuid?.() === 0;
  const group = asRoot ? groupId(OWNING_GROUP) : undefined;
  const secret = { mode: asRoot ? 0o640 : 0o600, ...(group === undefined ? {} : { group }) };
  const open = { mode: 0o644, ...(group === undefined ? {} : { group }) };
  const contents: readonly (readonly [name: string, content: string | Buffer, access: typeof secret])[] = [
    ['agent-key.pem', keyPem, secret],
    ['hmac.key', identity.hmacKey, secret],
    ['agent.pem', identity.certificatePem, open],
    ['ca.pem', identity.caPem, open],
    ['enroll.json', `${JSON.stringify({ endpoint: origin.endpoint, agent_id: origin.agentId }, null, 2)}\n`, { mode: 0o644 }],
    ...(identity.pulseToken === undefined ? [] : [['pulse-token', `${identity.pulseToken}\n`, secret] as const]),
  ];
  for (const [name, content, access] of contents) replaceFile(join(folder, name), Buffer.from(content), access);
}
