import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rejection, setStage } from './plugin-stage.ts';
import type { PluginStage } from './plugin-stage.ts';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;
const SECRET = 's3cret-value';

function secretFile(stage: PluginStage, content: string | Uint8Array, mode = 0o600, name = 'token'): string {
  const path = join(stage.folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

/** Refused, with the code, what to do, and nothing of the secret. */
async function refused(stage: PluginStage, file: string, code: string, fix: RegExp): Promise<void> {
  const error = await rejection(stage.reveal({ file }));
  expect(error).toMatchObject({ code });
  expect(error.message).toMatch(fix);
  expect(JSON.stringify(error) + String((error as { stack?: string }).stack)).not.toContain(SECRET);
  expect(JSON.stringify(stage.log)).not.toContain(SECRET);
}

test.each([
  [`${SECRET}\n`, SECRET],
  [`${SECRET}\r\n`, SECRET],
  [SECRET, SECRET],
  [`${SECRET}\n\n`, `${SECRET}\n`],
  [` ${SECRET} `, ` ${SECRET} `],
  ['pässwört', 'pässwört'],
  ['x'.repeat(64 * 1024), 'x'.repeat(64 * 1024)],
])('a file gives its text without one line end: %j', async (content, revealed) => {
  await using stage = setStage();
  expect(await stage.reveal({ file: secretFile(stage, content) })).toBe(revealed);
});

test('it is read anew each time, so that rotation is free', async () => {
  await using stage = setStage();
  const file = secretFile(stage, 'one');
  expect(await stage.reveal({ file })).toBe('one');
  writeFileSync(file, 'two');
  expect(await stage.reveal({ file })).toBe('two');
});

test('an environment variable is taken as it stands; one that is not set or empty is told by its name', async () => {
  await using stage = setStage({ env: { TOKEN: `${SECRET}\n`, EMPTY: '' } });
  expect(await stage.reveal({ env: 'TOKEN' })).toBe(`${SECRET}\n`);
  for (const name of ['OTHER', 'toString']) {
    const missing = await rejection(stage.reveal({ env: name }));
    expect(missing).toMatchObject({ code: 'E_SECRET_MISSING' });
    expect(missing.message).toContain(`environment variable ${name}`);
  }
  expect(await rejection(stage.reveal({ env: 'EMPTY' }))).toMatchObject({ code: 'E_SECRET_INVALID' });
});

test.each([
  [0o644, /chmod o=/u],
  [0o604, /chmod o=/u],
  [0o601, /chmod o=/u],
  [0o660, /chmod go-w/u],
  [0o602, /chmod go-w/u],
])('SEC-166: a file of mode %o is not taken, and the line to run is told', async (mode, fix) => {
  await using stage = setStage();
  await refused(stage, secretFile(stage, SECRET, mode), 'E_SECRET_MODE', fix);
});

test.runIf(isRoot)("SEC-166: a group may read a secret only where root owns the file; another user's is not taken", async () => {
  await using stage = setStage();
  expect(await stage.reveal({ file: secretFile(stage, SECRET, 0o640) })).toBe(SECRET);
  const other = secretFile(stage, SECRET, 0o600, 'other');
  chownSync(other, NOBODY, NOBODY);
  await refused(stage, other, 'E_SECRET_MODE', /chown root/u);

  chmodSync(stage.folder, 0o755);
  const own = secretFile(stage, SECRET, 0o640, 'own');
  chownSync(own, NOBODY, NOBODY);
  const roots = secretFile(stage, SECRET, 0o600, 'roots');
  process.seteuid?.(NOBODY);
  try {
    await refused(stage, own, 'E_SECRET_MODE', /chmod g=/u);
    chmodSync(own, 0o600);
    expect(await stage.reveal({ file: own })).toBe(SECRET);
    await refused(stage, roots, 'E_SECRET_UNREADABLE', /chmod 0640/u);
  } finally {
    process.seteuid?.(0);
  }
});

test('SEC-166: a folder that others may change is looked at along a link and past it; a sticky one is fine', async () => {
  await using stage = setStage();
  const open = join(stage.folder, 'open');
  mkdirSync(open);
  const file = secretFile(stage, SECRET, 0o600, 'open/token');
  expect(await stage.reveal({ file })).toBe(SECRET);
  const link = join(stage.folder, 'link');
  symlinkSync(file, link);
  chmodSync(open, 0o777);
  await refused(stage, file, 'E_SECRET_MODE', /chmod go-w .*\/open/u);
  await refused(stage, link, 'E_SECRET_MODE', /chmod go-w .*\/open/u);
  chmodSync(open, 0o1777);
  expect(await stage.reveal({ file: link })).toBe(SECRET);
});

test('what is no secret of text is refused: a folder, a pipe, too much, nothing, other bytes', async () => {
  await using stage = setStage();
  const pipe = join(stage.folder, 'pipe');
  execFileSync('mkfifo', ['-m', '600', pipe]);
  for (const file of [stage.folder, pipe]) await refused(stage, file, 'E_SECRET_INVALID', /name the file itself/u);
  const bad: [string | Uint8Array, RegExp][] = [
    [`${SECRET}${'x'.repeat(64 * 1024)}`, /at most 65536/u],
    ['', /is empty/u],
    ['\n', /is empty/u],
    [Buffer.from([0xff, 0xfe]), /no UTF-8/u],
    [`${SECRET}\0x`, /NUL/u],
  ];
  for (const [content, problem] of bad) await refused(stage, secretFile(stage, content), 'E_SECRET_INVALID', problem);
  await refused(stage, '/proc/kmsg-not-there', 'E_SECRET_MISSING', /put it there/u);
  await refused(stage, join(secretFile(stage, SECRET), 'x'), 'E_SECRET_MISSING', /correct the path/u);
});
