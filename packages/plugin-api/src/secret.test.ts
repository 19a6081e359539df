import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bindSecrets } from './bind-secrets.ts';
import { parseConfig } from './parse-config.ts';
import { decodeParams } from './params/decode-params.ts';
import { typedParams } from './params/typed-params.ts';
import { Duration } from './period.ts';
import { SecretParam, SecretRef } from './secret.ts';
import type { Secret } from './secret.ts';
import { Type } from './schema.ts';

const CONFIG = Type.Object({ token: SecretRef(), others: Type.Array(Type.Object({ key: SecretRef() }), { default: [] }) });
const parsed = (config: object) =>
  parseConfig(CONFIG, config) as { readonly token: Secret; readonly others: { readonly key: Secret }[] };

describe('a secret', () => {
  const printers: readonly ((secret: unknown) => string)[] = [
    String,
    (secret) => JSON.stringify(secret),
    (secret) => inspect(secret),
    (secret) => inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
  ];
  test.each(printers)('is "[secret]" whichever way it is printed', async (print) => {
    const { token } = parsed({ token: { file: '/run/creds/token' } });
    bindSecrets(token, () => Promise.resolve('sesame'));
    expect(await token.reveal()).toBe('sesame');
    expect(print(token)).toContain('[secret]');
    expect(print(token)).not.toMatch(/sesame|creds/u);
  });

  test('of the config is read anew at each use, wherever it stands', async () => {
    const config = parsed({ token: { env: 'TOKEN' }, others: [{ key: { file: '/run/a' } }] });
    let turn = 0;
    bindSecrets(config, (source) => Promise.resolve(`${JSON.stringify(source)} ${(turn += 1)}`));
    expect(await config.token.reveal()).toBe('{"env":"TOKEN"} 1');
    expect(await config.token.reveal()).toBe('{"env":"TOKEN"} 2');
    expect(await config.others[0]?.key.reveal()).toBe('{"file":"/run/a"} 3');
  });

  test('cannot be revealed before the agent has taken the config', async () => {
    await expect(parsed({ token: { env: 'TOKEN' } }).token.reveal()).rejects.toMatchObject({ code: 'E_SECRET_UNBOUND' });
  });

  test.each([{}, { file: 'relative' }, { file: '/a', env: 'B' }, { env: 'no-name' }, 'plain', { file: '/a\0b' }])(
    'is named by one file or one variable, not by %j',
    (token) => {
      expect(() => parsed({ token })).toThrow(expect.objectContaining({ code: 'E_CONFIG_INVALID' }));
    },
  );
});

test('parameters reach the code of a plugin as their schema types them', async () => {
  const schema = Type.Object({
    pin: SecretParam({ pattern: '^[0-9]+$' }),
    count: Type.Integer(),
    wait: Type.Optional(Duration()),
  });
  const decoded = decodeParams(schema, { pin: '1234', count: '3', wait: '2s' });
  if (!decoded.ok) throw new Error('refused');
  const { pin, ...rest } = typedParams(schema, decoded.values) as { readonly pin: Secret };
  expect(rest).toEqual({ count: 3, wait: 2_000 });
  expect([String(pin), await pin.reveal()]).toEqual(['[secret]', '1234']);
  expect(decodeParams(schema, { pin: 'x', count: '3' }).ok).toBe(false);
});
