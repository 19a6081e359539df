import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { createIdentity } from '../../test-support/identity.ts';
import type { TestIdentity } from '../../test-support/identity.ts';
import { runArgs, runProgram, startProgram } from '../../test-support/program.ts';
import type { Running } from '../../test-support/program.ts';
import { auditFolder, eventsPath } from '../host/state-paths.ts';

const PATIENT = { timeout: 20_000, interval: 20 };

describe('what a run leaves behind', () => {
  let host: HostFolder;
  let identity: TestIdentity;
  let audit: string;
  let events: string;
  const running: Running[] = [];

  beforeEach(async () => {
    host = new HostFolder();
    identity = await createIdentity('web-1');
    host.writeIdentity(identity);
    // Nobody listens there: the first attempt fails and is an event.
    host.writeConfig();
    audit = join(auditFolder(host.path('stormpulse.db')), 'audit.jsonl');
    events = eventsPath(host.path('stormpulse.db'));
  });
  afterEach(async () => {
    for (const { child } of running) if (child.exitCode === null) child.kill('SIGKILL');
    await Promise.all(running.splice(0).map(({ ended }) => ended));
    host.close();
  });

  const lines = (path: string): Record<string, unknown>[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const kept = (): number => lines(events).filter((line) => 'record' in line).length;
  /** Runs until another failed attempt is on disk. */
  const runOnce = async (signal: 'SIGTERM' | 'SIGKILL', before: number): Promise<void> => {
    const agent = startProgram(runArgs(host.config));
    running.push(agent);
    await vi.waitFor(() => expect(kept()).toBeGreaterThan(before), PATIENT);
    agent.child.kill(signal);
    await agent.ended;
  };

  it('SEC-240, SEC-242: start, file, certificate and end are in its record; keys and tokens are not', async () => {
    await runOnce('SIGTERM', 0);
    const digest = createHash('sha256').update(readFileSync(host.config)).digest('hex');
    expect(lines(audit)).toMatchObject([
      { seq: 1, kind: 'agent.started', config: host.config, config_sha256: digest },
      { seq: 2, kind: 'credentials.loaded', certificate_sha256: expect.stringMatching(/^[0-9a-f]{64}$/u) as string },
      { seq: 3, kind: 'agent.stopped' },
    ]);
    const text = readFileSync(audit, 'utf8') + readFileSync(events, 'utf8');
    const { keyPem, hmacKey } = identity;
    const keyLine = keyPem.split('\n')[1] ?? '';
    const token = '11111111-2222-4333-8444-555555555555';
    for (const secret of [token, keyLine, hmacKey.toString('hex'), hmacKey.toString('base64'), hmacKey.toString('latin1').trim()])
      expect([secret.length > 15, text.includes(secret)]).toEqual([true, false]);
    const verified = await runProgram(['audit', 'verify', host.config]);
    expect(verified).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('3 records (1 to 3)') as string });
    const shown = await runProgram(['audit', 'show', host.config, '-n', '1']);
    expect(shown.stdout).toMatch(/^\S+Z {2}#3 {2}agent\.stopped\n$/u);
    writeFileSync(audit, readFileSync(audit, 'utf8').replace('agent.stopped', 'agent.paused'));
    expect(await runProgram(['audit', 'verify', host.config])).toMatchObject({ code: 1 });
  });

  it('H4: events of a hub that was never reached outlive the agent, also one that was killed', async () => {
    await runOnce('SIGKILL', 0);
    const [first] = lines(events);
    expect(first).toMatchObject({ record: { source: 'ws', kind: 'reconnect', category: 'connection' } });
    await runOnce('SIGTERM', 1);
    const ids = lines(events).map((line) => line['id']);
    expect(ids[0]).toBe(first?.['id']);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
