import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { createIdentity } from '../../test-support/identity.ts';
import { checkConfigFile } from './config-check.ts';
import { formatReport } from './config-check-text.ts';

const AGENT = 65_534;

describe('whose eyes config check looks with', () => {
  let host: HostFolder;

  beforeEach(async () => {
    host = new HostFolder();
    host.writeIdentity(await createIdentity('web-1'));
    mkdirSync(host.path('data'), { mode: 0o700 });
    host.writeConfig(['/stormpulse.db', '/data/stormpulse.db']);
  });
  afterEach(() => host.close());

  it('everybody but root looks with their own, and root too where the state is root’s', async () => {
    const report = await checkConfigFile(host.config);
    expect(report).toMatchObject({ ok: true, asUser: process.geteuid?.() });
    expect(formatReport(report).stdout).not.toContain('with the rights of user');
  });

  it('root looks with those of the owner of the state folder: what that user may not read is told', async () => {
    if (process.geteuid?.() !== 0) return; // only root can give a folder away
    chmodSync(host.folder, 0o755);
    chownSync(host.path('data'), AGENT, AGENT);
    for (const name of ['stormpulse.toml', 'hmac.key', 'agent-key.pem']) {
      chownSync(host.path(name), 0, AGENT);
      chmodSync(host.path(name), 0o640);
    }
    const fine = await checkConfigFile(host.config);
    expect(fine).toMatchObject({ ok: true, asUser: AGENT });
    expect(formatReport(fine).stdout).toContain(`Checked with the rights of user ${AGENT}, who owns the state folder.\n`);
    chmodSync(host.path('hmac.key'), 0o600);
    const { fatal } = await checkConfigFile(host.config);
    expect(fatal).toMatchObject([
      { key: 'auth.hmac_secret', problem: `names ${host.path('hmac.key')}, which may not be read by this user` },
    ]);
    expect(process.geteuid?.()).toBe(0);
  });
});
