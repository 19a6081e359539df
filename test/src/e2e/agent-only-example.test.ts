import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../../packages/agent/test-support/host-folder.ts';
import { createIdentity } from '../../../packages/agent/test-support/identity.ts';
import { PROGRAM } from './agent-process.ts';

const EXAMPLE = readFileSync(join(import.meta.dirname, '../../../examples/agent-only/stormpulse.toml'), 'utf8');

describe('examples/agent-only', () => {
  let host: HostFolder;
  beforeEach(async () => {
    host = new HostFolder();
    host.writeIdentity(await createIdentity('web-1'));
  });
  afterEach(() => host.close());

  /** What the agent says of a file, its paths those of this host and its two words to replace replaced. */
  const checked = (text: string): { readonly code: number | null; readonly said: string } => {
    const toml = text
      .replaceAll('/etc/stormpulse/', `${host.folder}/`)
      .replace('/opt/stormpulse/data/', `${host.folder}/`)
      .replace('//HUB:', '//hub.example.org:')
      .replace('PASTE-IT-HERE', '11111111-2222-4333-8444-555555555555');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [PROGRAM, 'config', 'check', host.write('stormpulse.toml', toml)],
      { encoding: 'utf8' },
    );
    return { code: status, said: `${stdout}${stderr}` };
  };

  it('is a file that the agent takes whole, with both commands', () => {
    const { code, said } = checked(EXAMPLE);
    expect(said).toMatch(/\bdisk_usage\b[^]*\bresolve\b/u);
    expect(said).not.toMatch(/^(?:FATAL|warn)/imu);
    expect(code).toBe(0);
  });

  it('shows a section for a plugin that lacks nothing but the plugin', () => {
    const section = EXAMPLE.slice(EXAMPLE.indexOf('# [plugins.weather]'));
    const live = section.replaceAll(/^# ?/gmu, '').replace('sha512-…', `sha512-${'A'.repeat(86)}==`);
    const { code, said } = checked(EXAMPLE.replace(section, () => live));
    expect(said).toMatch(/weather.*(?:not installed|is not there|granted)/u);
    expect(said).not.toMatch(/is not a key/u);
    expect(code).toBe(0);
  });
});
