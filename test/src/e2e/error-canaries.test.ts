import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HostStage, command } from './agent-process.ts';

/** What a hub must never read back, wherever it stands on the host. */
const SECRET_VALUE = 'canary-of-the-secret-parameter';
const FILE_CONTENT = 'canary-of-a-file';
const MOST_CHARACTERS = 500;

let stage: HostStage;
beforeEach(async () => {
  stage = await HostStage.create();
});
afterEach(() => stage.close());

it('SEC-074 no error text holds a file, a variable, a key or a secret value, and none is long', async () => {
  writeFileSync(stage.path('not-a-program'), `${FILE_CONTENT}\n`, { mode: 0o755 });
  const secret = `stdin = "{password}"
params.password.placeholder = "password"
params.password.secret = true
params.password.max_bytes = 64
`;
  stage.start(
    command('broken', [stage.path('not-a-program')], secret) +
      command('absent', [stage.path('absent')], secret) +
      command('strict', ['/bin/cat'], 'params.word.placeholder = "word"\nparams.word.pattern = "[a-z]{1,8}"\n').replace(
        '"/bin/cat"',
        '"/bin/echo", "{word}"',
      ),
  );
  const link = await stage.hub.link();
  await link.inbox.until('register', ({ type }) => type === 'register');
  const results = [
    await stage.hub.run('broken', { password: SECRET_VALUE }),
    await stage.hub.run('absent', { password: SECRET_VALUE }),
    await stage.hub.run('absent', { password: `${SECRET_VALUE}${'x'.repeat(100)}` }),
    await stage.hub.run('strict', { word: 'not a word' }),
    await stage.hub.run('strict', { [`n${'x'.repeat(2_000)}`]: 'a' }),
    await stage.hub.run(`nowhere${'x'.repeat(100)}`),
  ];
  expect(results.map(({ payload }) => payload['success'])).toEqual(results.map(() => false));
  const texts = results.map(({ payload }) => String(payload['stderr']));
  expect(texts.filter((text) => text.length > MOST_CHARACTERS)).toEqual([]);
  const told = JSON.stringify(link.inbox.messages.filter(({ type }) => type !== 'register'));
  const canaries = [
    SECRET_VALUE,
    FILE_CONTENT,
    stage.hmacKey.toString(),
    '11111111-2222-4333-8444-555555555555',
    '/usr/bin:/bin',
  ];
  expect(canaries.filter((canary) => told.includes(canary))).toEqual([]);
});
