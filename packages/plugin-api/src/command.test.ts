import { describe, expect, it } from 'vitest';
import { joined, option } from './argv.ts';
import { commandDefinition, subprocess } from './command.ts';
import type { SubprocessSpec } from './command.ts';
import type { AbsolutePath, TObject } from './schema.ts';
import { Type } from './schema.ts';

const base = { id: 'x', title: 'x', effect: 'write', timeout: '5s', params: Type.Object({}), file: '/bin/x' } as const;
const define = (more: Partial<SubprocessSpec<TObject>>): unknown =>
  commandDefinition(subprocess({ ...base, argv: () => [], ...more }));

describe('a command of a plugin', () => {
  it.each(['sh', '', 'bin/sh', '/usr/../bin/sh', '/usr/./bin/sh', '//bin/sh', '/bin/'])(
    'SEC-100 is refused with the program %j',
    (file) => {
      expect(() => define({ file: file as AbsolutePath })).toThrow(/no absolute path/u);
    },
  );

  const secret = Type.Object({ api_key: Type.String({ 'x-secret': true }) });
  it.each<[string, SubprocessSpec<typeof secret>['argv']]>([
    ['alone', (slot) => [slot.api_key]],
    ['joined', (slot) => [joined('--key=', slot.api_key)]],
    ['as an option', (slot) => [option('--key', slot.api_key)]],
  ])('SEC-116 is refused with a secret among its arguments, %s', (_how, argv) => {
    const spec = { ...base, params: secret, argv };
    expect(() => subprocess(spec)).toThrow(/secret parameter "api_key".*stdin/u);
    expect(() => subprocess({ ...spec, allow: ['secret_in_argv'] })).not.toThrow();
    expect(() => subprocess({ ...spec, argv: () => [], stdin: (slot) => slot.api_key })).not.toThrow();
  });

  it.each(['token', 'DB_PASSWORD', 'client_secret', 'passphrase_old'])('SEC-116 is refused with an open parameter %s', (name) => {
    expect(() => define({ params: Type.Object({ [name]: Type.String() }) })).toThrow(/named like a credential/u);
    expect(() => define({ params: Type.Object({ [name]: Type.String({ 'x-secret': true }) }) })).not.toThrow();
  });

  it.each([0, 1.5, Number.NaN])('D7 is refused with concurrency %d', (concurrency) => {
    expect(() => define({ concurrency })).toThrow(/concurrency is a whole number/u);
  });

  it('D7 has a key or a concurrency, and keeps its limits for its process', () => {
    expect(() => define({ concurrency: 1, serializeBy: () => 'k' })).toThrow(/without serializeBy/u);
    expect(define({ concurrency: 2, limits: { nice: 5 } })).toMatchObject({ concurrency: 2, mode: { limits: { nice: 5 } } });
  });
});
