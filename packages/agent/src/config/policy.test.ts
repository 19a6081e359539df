import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { refusalOf } from '../../test-support/refusal.ts';
import { loadConfig } from './load.ts';

describe('SEC-073 [policy]', () => {
  let host: HostFolder;

  beforeEach(() => {
    host = new HostFolder();
  });
  afterEach(() => host.close());

  const write = (table: string): void => void host.writeConfig(['[storage]', `${table}\n[storage]`]);

  it('is nothing unless it is written', () => {
    host.writeConfig();
    expect(loadConfig(host.config).config.policy).toBeUndefined();
  });

  it('is read whole', () => {
    write('[policy]\ndeny = ["docker_restart", "group:garage"]\nhours = ["mon-fri 08:00-18:00"]\nper_minute = { git_pull = 2 }');
    expect(loadConfig(host.config).config.policy).toEqual({
      deny: ['docker_restart', 'group:garage'],
      hosts: [],
      hours: ['mon-fri 08:00-18:00'],
      perMinute: { git_pull: 2 },
    });
  });

  it.each([
    ['[policy]\nhours = ["8 to 5"]', 'policy.hours: is ["8 to 5"]; expected lines such as "mon-fri 08:00-18:00"'],
    ['[policy]\nper_minute = { git_pull = 0 }', 'expected whole numbers from 1 to 6000 by the names of commands'],
    ['[policy]\ndenny = ["x"]', 'did you mean "deny"?'],
  ])('%s: a host whose policy is wrong does not start without it', (table, says) => {
    write(table);
    expect(refusalOf(() => loadConfig(host.config), host.config).message).toContain(says);
  });
});
