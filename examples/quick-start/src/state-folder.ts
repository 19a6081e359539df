import { constants, existsSync } from 'node:fs';
import { access, mkdir, readFile, readdir, rename, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

/** Where hub and agent keep what they know. Removing the folder starts over. */
export interface StateFolder {
  readonly root: string;
  readonly hub: string;
  readonly credentials: string;
  readonly config: string;
  readonly marks: string;
  /** What the hub and the agent of this start say. */
  readonly logs: { readonly hub: string; readonly agent: string };
  /** How often the command that leaves a mark has run. */
  countMarks(): Promise<number>;
}

/** What an enrollment leaves in the agent's folder; the last is written last. */
const CREDENTIALS = ['agent-key.pem', 'hmac.key', 'agent.pem', 'ca.pem', 'enroll.json', 'pulse-token'] as const;

/** Opens or makes the folder. Throws a sentence a person can act on. */
export async function openStateFolder(root: string): Promise<StateFolder> {
  const folder = {
    root,
    hub: join(root, 'hub'),
    credentials: join(root, 'agent'),
    config: join(root, 'agent', 'stormpulse.toml'),
    marks: join(root, 'marks'),
    logs: { hub: join(root, 'hub.log'), agent: join(root, 'agent.log') },
  };
  for (const path of [root, folder.hub, folder.credentials, join(folder.credentials, 'data'), folder.marks])
    await makeOwn(path, root);
  return { ...folder, countMarks: async () => (await readdir(folder.marks)).length };
}

async function makeOwn(path: string, root: string): Promise<void> {
  try {
    await makeFolder(path);
    const { uid: owner } = await stat(path);
    const uid = process.getuid?.();
    if (uid !== undefined && owner !== uid)
      throw new Error(`it belongs to user ${owner} and you are user ${uid}; start as that user`);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const where = path === root ? '' : ` (of the state folder ${root})`;
    throw new Error(`the state folder ${path}${where} cannot be used: ${reasonOf(error)}, or choose another with --state DIR`, {
      cause: error,
    });
  }
}

/** With its parents. Node's own `recursive` never returns where a file system answers ENOENT, as /proc does. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !existsSync(dirname(path))) {
      await makeFolder(dirname(path));
      await mkdir(path, { mode: 0o700 });
    } else if (code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'it, or a part of its path, is a file and no folder; move that away';
    case 'EACCES':
    case 'EPERM':
      return 'you may not write there; change its mode';
    case 'EROFS':
      return 'it is on a file system mounted read-only; mount that for writing';
    case 'ENOENT':
      return 'no folder can be made there, or it is a link to nothing; remove the link';
    case 'ENOSPC':
      return 'the disk is full; free some space';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** The id this agent was enrolled under with the hub of this folder; undefined when it was not, or not to the end. */
export async function enrolledAs(folder: StateFolder): Promise<string | undefined> {
  if (CREDENTIALS.some((name) => !existsSync(join(folder.credentials, name)))) return undefined;
  const [ours, theirs] = await Promise.all(
    [join(folder.credentials, 'ca.pem'), join(folder.hub, 'ca.pem')].map((path) => readFile(path, 'utf8')),
  );
  if (ours?.trim() !== theirs?.trim()) return undefined;
  try {
    const { agent_id: id } = JSON.parse(await readFile(join(folder.credentials, 'enroll.json'), 'utf8')) as {
      agent_id?: unknown;
    };
    return typeof id === 'string' ? id : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Keeps an agent's folder that no longer fits under another name; undefined when there was nothing to keep. */
export async function setAside(folder: StateFolder): Promise<string | undefined> {
  const names = [...CREDENTIALS, 'stormpulse.toml'];
  if (!names.some((name) => existsSync(join(folder.credentials, name)))) return undefined;
  let number = 1;
  while (existsSync(`${folder.credentials}.old-${number}`)) number += 1;
  const kept = `${folder.credentials}.old-${number}`;
  await rename(folder.credentials, kept);
  await openStateFolder(folder.root);
  return kept;
}

/** A name as far as it fits an agent id; this host's when none is given. */
export function agentIdOf(name = hostname()): string {
  const id = name
    .replaceAll(/[^A-Za-z0-9.-]/gu, '-')
    .replaceAll(/^[^A-Za-z0-9]+/gu, '')
    .slice(0, 50);
  return id === '' ? 'this-host' : id;
}
