import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agentIdOf, enrolledAs, openStateFolder, setAside } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'state-folder-'));
});

afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
/** Opens the folder it is given as a user who is not root, and prints why that was refused. Its code is read before root goes. */
const AS_A_USER = `
  import { openStateFolder } from ${JSON.stringify(join(import.meta.dirname, '../dist/state-folder.js'))};
  if (process.getuid() === 0) {
    process.setgroups([]);
    process.setgid(${NOBODY});
    process.setuid(${NOBODY});
  }
  await openStateFolder(process.argv[1]).catch((error) => process.stdout.write(error.message));
`;

async function refusalOf(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', AS_A_USER, folder]);
  return stdout;
}

/** Gives a folder, with what is in it, to that user. */
async function give(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  for (const path of [folder, ...names.map((name) => join(folder, name))]) await chown(path, NOBODY, NOBODY);
}

const CREDENTIALS = ['agent-key.pem', 'hmac.key', 'agent.pem', 'ca.pem', 'enroll.json', 'pulse-token'];

/** A folder as an enrollment leaves it. */
async function enrolled(): Promise<StateFolder> {
  const folder = await openStateFolder(join(base, 'state'));
  for (const name of CREDENTIALS) await writeFile(join(folder.credentials, name), `${name}\n`);
  await writeFile(join(folder.credentials, 'enroll.json'), JSON.stringify({ agent_id: 'web-1' }));
  await writeFile(join(folder.hub, 'ca.pem'), 'ca.pem\n');
  return folder;
}

test('a new folder, with its parents, is its owner’s alone, and opening it again changes nothing', async () => {
  const root = join(base, 'a', 'b');
  const folder = await openStateFolder(root);
  await writeFile(join(folder.marks, 'mark.1'), '');
  expect(await (await openStateFolder(root)).countMarks()).toBe(1);
  for (const path of [root, folder.hub, folder.credentials, folder.marks]) expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect(await enrolledAs(folder)).toBeUndefined();
});

test('a file in the way, a link to nothing and a place where no folder can be are refused at once, with what to do', async () => {
  await writeFile(join(base, 'file'), '');
  await symlink(join(base, 'nowhere', 'x'), join(base, 'link'));
  const said = /cannot be used: .*; (?:move that away|remove the link|change its mode), or choose another with --state DIR/u;
  for (const path of [join(base, 'file'), join(base, 'file', 'sub'), join(base, 'link'), '/proc/no-such-place/deep'])
    await expect(openStateFolder(path)).rejects.toThrow(said);
});

test('a folder without leave to write is refused with what to do', async () => {
  const closed = join(base, 'closed');
  for (const name of ['', 'hub', 'agent', 'agent/data', 'marks']) await mkdir(join(closed, name), { mode: 0o700 });
  await chmod(closed, 0o500);
  if (isRoot) await give(base);
  expect(await refusalOf(closed)).toMatch(/you may not write there; change its mode/u);
  await chmod(closed, 0o700);
  expect(await refusalOf(closed)).toBe('');
});

test("another user's folder is refused with whose it is", async () => {
  expect(await refusalOf('/')).toMatch(/belongs to user 0 and you are user [1-9]\d*; start as that user/u);
});

test('an agent of this hub is known by the name it was enrolled under', async () => {
  expect(await enrolledAs(await enrolled())).toBe('web-1');
});

test.each(CREDENTIALS)('without %s the enrollment did not end', async (name) => {
  const folder = await enrolled();
  await rm(join(folder.credentials, name));
  expect(await enrolledAs(folder)).toBeUndefined();
});

test('another CA at the hub, or a half-written enroll.json, is no enrollment', async () => {
  const folder = await enrolled();
  await writeFile(join(folder.hub, 'ca.pem'), 'another\n');
  expect(await enrolledAs(folder)).toBeUndefined();
  await writeFile(join(folder.hub, 'ca.pem'), 'ca.pem\n');
  await writeFile(join(folder.credentials, 'enroll.json'), '{"agent_');
  expect(await enrolledAs(folder)).toBeUndefined();
});

test('what no longer fits is kept whole under another name, each time a new one', async () => {
  const folder = await enrolled();
  expect(await setAside(folder)).toBe(`${folder.credentials}.old-1`);
  expect(await readFile(join(`${folder.credentials}.old-1`, 'hmac.key'), 'utf8')).toBe('hmac.key\n');
  expect(await readdir(folder.credentials)).toEqual(['data']);
  expect(await setAside(folder)).toBeUndefined();
  await writeFile(join(folder.credentials, 'hmac.key'), 'half');
  expect(await setAside(folder)).toBe(`${folder.credentials}.old-2`);
});

test.each([
  ['', 'this-host'],
  ['---', 'this-host'],
  ['web_1.example', 'web-1.example'],
  ['hé', 'h-'],
  ['a'.repeat(64), 'a'.repeat(50)],
])('the host name %j becomes the id %j', (name, id) => {
  expect(agentIdOf(name)).toBe(id);
});
