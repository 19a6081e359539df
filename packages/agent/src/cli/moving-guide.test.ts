import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { createIdentity } from '../../test-support/identity.ts';
import { checkConfigFile } from './config-check.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../../docs/guides/move-from-the-python-agent.md'), 'utf8');

/** The rows "the Python agent took | ours refuses, unless | in": the line to add, and the table it goes to. */
const ROWS = guide
  .split('\n')
  .map((row) => /^\| (.+?) +\| `([^`]+)`.* \| `\[([^\]]+)\]` +\|$/u.exec(row)?.slice(1) ?? [])
  .filter((cells) => cells.length === 3) as [took: string, line: string, table: string][];

/** What the Python agent took, for each waiver of a command. */
const REFUSED: Readonly<Record<string, string>> = {
  shell_template: 'command = ["/bin/sh", "-c", "echo {p}"]\n[commands.x.params.p]\nplaceholder = "p"\npattern = "[a-z]+"',
  secret_in_argv: 'command = ["/bin/echo", "{p}"]\n[commands.x.params.p]\nplaceholder = "p"\npattern = "[a-z]+"\nsecret = true',
  wide_range: 'command = ["/bin/echo", "{p}"]\n[commands.x.params.p]\nplaceholder = "p"\npattern = "[A-z]+"',
  writable_program: 'command = ["PROGRAM"]',
};

describe('docs/guides/move-from-the-python-agent.md', () => {
  let host: HostFolder;

  beforeEach(async () => {
    host = new HostFolder();
    host.writeIdentity(await createIdentity('web-1'));
  });
  afterEach(() => host.close());

  const settings = ROWS.filter(([, , table]) => table !== 'commands.<name>');
  const waivers = ROWS.filter(([, , table]) => table === 'commands.<name>');

  it('has a line for each default that can be lifted', () => {
    expect(settings.map(([, line]) => line.split(' = ')[0])).toEqual([
      'server_ca',
      'require_server_eku',
      'min_version',
      'strict',
      'pass_env',
      'command_max_age_seconds',
    ]);
    expect(waivers.map(([, line]) => line)).toEqual(Object.keys(REFUSED).map((name) => `allow = ["${name}"]`));
  });

  it.each(settings)('%s: the line is taken as it stands', async (_took, line, table) => {
    const text = host.validToml().replace('command_max_age_seconds = 60\n', table === 'auth' ? '' : '$&');
    host.write(
      'stormpulse.toml',
      text.includes(`[${table}]`) ? text.replace(`[${table}]`, `[${table}]\n${line}`) : `${text}[${table}]\n${line}\n`,
    );
    expect(await checkConfigFile(host.config)).toMatchObject({ ok: true, fatal: [] });
  });

  it.each(waivers)('%s: left out without the line, which the refusal names, and offered with it', async (_took, line) => {
    const name = /"(\w+)"/u.exec(line)?.[1] ?? '';
    const rest = (REFUSED[name] ?? '').replace('PROGRAM', host.write('tool.sh', '#!/bin/sh\n', 0o777));
    const write = (more: string): void =>
      void host.write('stormpulse.toml', `${host.validToml()}[commands.x]\ngroup = "g"\ntimeout = 5\n${more}${rest}\n`);
    write('');
    const refused = await checkConfigFile(host.config);
    expect(refused.leftOut).toMatchObject([{ command: 'x', fix: expect.stringContaining(`"${name}"`) }]);
    write(`${line}\n`);
    expect(await checkConfigFile(host.config)).toMatchObject({ leftOut: [], wouldRun: { commands: ['x'] } });
  });
});
