import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test.skipIf(process.getuid?.() === 0)('a folder without leave to write is refused with what to do', async () => {
  await mkdir(join(base, 'closed'), { mode: 0o500 });
  await expect(openStateFolder(join(base, 'closed'))).rejects.toThrow(/you may not write there; change its mode/u);
  await chmod(join(base, 'closed'), 0o700);
});

test.skipIf(process.getuid?.() === 0)("another user's folder is refused with whose it is", async () => {
  await expect(openStateFolder('/')).rejects.toThrow(/belongs to user 0 and you are user \d+; start as that user/u);
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
