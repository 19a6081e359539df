import type { AuditEntry } from '@stormpulse/kernel';
import { Type, definePlugin, subprocess } from '@stormpulse/plugin-api';
import { afterEach, describe, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
let lines: AuditEntry[];
let began: string[];
afterEach(() => rig.close());

/** `vault_open` takes a secret. */
const plugin = definePlugin({
  name: 'vault',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: Type.Object({}),
  capabilities: () => ({ exec: ['/bin/vault'], commands: 'write' }),
  setup({ commands }) {
    const word = Type.String({ pattern: '^[a-z]+$' });
    commands.register(
      subprocess({
        id: 'open',
        title: 'Open',
        effect: 'write',
        timeout: '60s',
        params: Type.Object({
          door: Type.Optional(word),
          pin: Type.Optional(Type.String({ pattern: '^[a-z]+$', 'x-secret': true })),
        }),
        file: '/bin/vault',
        argv: (slot) => [slot.door],
        stdin: (slot) => slot.pin,
      }),
    );
  },
});

/** `append` decides when a line is on disk, and whether. */
async function start(append: (entry: AuditEntry) => Promise<void> = () => Promise.resolve()): Promise<void> {
  [lines, began] = [[], []];
  rig = await startRig({
    plugin,
    audit: {
      append: async (entry) => {
        await append(entry);
        lines.push(entry);
      },
      note: (entry) => void lines.push(entry),
    },
    run: (request) => {
      began.push(lines.map(({ kind }) => kind).join());
      return Promise.resolve({
        kind: 'exited',
        exitCode: request.args[0] === 'bad' ? 3 : 0,
        stdout: '',
        stderr: '',
        durationMs: 7,
        truncated: false,
      });
    },
  });
}
const results = (): unknown[] => rig.sent('command.result').map((result) => [result['success'], result['failure_reason']]);

describe("SEC-240 SEC-242: the host's own record of commands", () => {
  test('names each before it begins, without what is secret, and tells how it ended', async () => {
    await start();
    await rig.deliver(rig.request('vault_open', { door: 'bad', pin: 'sesame' }, { id: 'r1' }));
    expect(began).toEqual(['command.accepted']);
    expect(lines).toEqual([
      { kind: 'command.accepted', command_ref: 'r1', command: 'vault_open', params: { door: 'bad' } },
      {
        kind: 'command.finished',
        command_ref: 'r1',
        command: 'vault_open',
        success: false,
        exit_code: 3,
        failure_reason: 'exit_code',
        duration_ms: 7,
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('sesame');
  });

  test('nothing begins before its line is on disk', async () => {
    let written: () => void = () => undefined;
    await start(() => new Promise((resolve) => (written = resolve)));
    await rig.deliver(rig.request('vault_open'));
    expect(began).toEqual([]);
    written();
    await rig.clock.advance(1);
    expect(began).toHaveLength(1);
  });

  test('nothing runs while it cannot be written; the hub is told why, and the next runs once it can', async () => {
    let fault: Error | undefined = new Error('E_AUDIT_WRITE: no space left on device');
    await start(() => (fault === undefined ? Promise.resolve() : Promise.reject(fault)));
    await rig.deliver(rig.request('vault_open'));
    await rig.deliver(rig.sequence(['vault_open', 'vault_open']));
    expect(began).toEqual([]);
    expect(results()).toEqual([
      [false, 'os_error'],
      [false, 'os_error'],
    ]);
    expect(rig.sent('command.result')[0]?.['stderr']).toMatch(/audit log.*no space left.*send it again/u);
    fault = undefined;
    await rig.deliver(rig.request('vault_open'));
    expect(began).toHaveLength(1);
  });

  test('what verified and was refused all the same is recorded with the reason', async () => {
    await start();
    await rig.deliver(rig.request('nope', {}, { id: 'r1' }));
    await rig.deliver(rig.request('vault_open', { door: '-x' }, { id: 'r2' }));
    await rig.deliver(rig.request('vault_open', {}, { hmac: '0'.repeat(64) }));
    expect(lines).toEqual([
      { kind: 'command.refused', command_ref: 'r1', command: 'nope', reason: 'validation_failed' },
      { kind: 'command.refused', command_ref: 'r2', command: 'vault_open', reason: 'validation_failed' },
    ]);
  });

  test('each step of a sequence has its lines, under the id of its result', async () => {
    await start();
    await rig.deliver(rig.sequence(['vault_open', 'vault_open']));
    expect(lines.map(({ kind }) => kind)).toEqual([
      'command.accepted',
      'command.finished',
      'command.accepted',
      'command.finished',
    ]);
    const ids = rig.sent('command.result').map((result) => result['request_id']);
    expect([lines[0]?.['command_ref'], lines[2]?.['command_ref']]).toEqual(ids);
  });
});
