import { newOperatorKey, formatOperatorKey } from '@stormpulse/protocol/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { refusalOf } from '../../test-support/refusal.ts';
import { loadConfig } from './load.ts';

const { publicKey } = newOperatorKey();
const LINE = formatOperatorKey({ name: 'alice', publicKey });

describe('SEC-072 [operator]', () => {
  let host: HostFolder;

  beforeEach(() => {
    host = new HostFolder();
  });
  afterEach(() => host.close());

  const write = (table: string): void => void host.writeConfig(['[storage]', `${table}\n[storage]`]);

  it('is nothing unless it is written', () => {
    host.writeConfig();
    expect(loadConfig(host.config).config.operator).toBeUndefined();
  });

  it('asks for every command unless it says less', () => {
    write(`[operator]\nkeys = ["${LINE}"]`);
    const key = { name: 'alice', publicKey: Buffer.from(publicKey) };
    expect(loadConfig(host.config).config.operator).toEqual({ keys: [key], require: 'all', commands: [], groups: [] });
    write(`[operator]\nkeys = ["${LINE}"]\nrequire = "none"\ncommands = ["git_pull"]\ngroups = ["signoff"]`);
    expect(loadConfig(host.config).config.operator).toMatchObject({
      require: 'none',
      commands: ['git_pull'],
      groups: ['signoff'],
    });
  });

  it.each([
    ['[operator]', 'operator.keys: is missing'],
    ['[operator]\nkeys = []', 'operator.keys: is []; expected one or more lines "ed25519:'],
    ['[operator]\nkeys = ["ed25519:short alice"]', 'expected one or more lines "ed25519:'],
    [`[operator]\nkeys = ["${LINE}", "${LINE}"]`, 'expected one or more lines "ed25519:'],
    [`[operator]\nkeys = ["${LINE}"]\nrequire = "some"`, 'operator.require: is "some"; expected "all" or "confirm" or "none"'],
    [`[operator]\nkeys = ["${LINE}"]\ncommand = ["x"]`, 'did you mean "commands"?'],
  ])('%s: a host that asks for signatures wrongly does not start without them', (table, says) => {
    write(table);
    expect(refusalOf(() => loadConfig(host.config), host.config).message).toContain(says);
  });
});
