import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type, definePlugin, handler } from '@stormpulse/plugin-api';
import type { Capabilities } from '@stormpulse/plugin-api';
import { createSystemClock, openAuditLog, readAuditLog, verifyAuditLog } from '@stormpulse/services';
import type { HostAuditLog } from '@stormpulse/services';
import { createMemoryLogger } from '@stormpulse/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let folder: string;
let audit: HostAuditLog;
let rig: Rig;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'denials-'));
  audit = openAuditLog({ folder, clock: createSystemClock(), logger: createMemoryLogger([])('audit') });
});
afterEach(async () => {
  await rig.close();
  audit.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Tries one thing it was not granted, `times` times, and says with which code it failed. */
const prober = (name: string, capabilities: Capabilities = {}) =>
  definePlugin({
    name,
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => ({ commands: 'read', ...capabilities }),
    setup({ commands, exec, http, logs }) {
      const attempts = {
        exec: () => exec('/bin/other', ['x']),
        http: () => Promise.resolve(http.client('http://10.0.0.1:9')),
        logs: () => logs.catalogue(),
        odd: () => exec(`/bin/\u001b[2J\u202e\n${'x'.repeat(5_000)}`, []),
      };
      commands.register(
        handler({
          id: 'try',
          title: 'Try',
          effect: 'read',
          timeout: '60s',
          params: Type.Object({
            what: Type.Union([Type.Literal('exec'), Type.Literal('http'), Type.Literal('logs'), Type.Literal('odd')]),
            times: Type.Integer(),
          }),
          result: Type.String(),
          async run({ params: { what, times } }) {
            let last = '';
            for (let at = 0; at < times; at += 1) {
              try {
                await attempts[what]();
              } catch (error) {
                last = String((error as { readonly code?: unknown }).code);
              }
            }
            return last;
          },
        }),
      );
    },
  });

const tried = async (what: string, times = 1, plugin = 'prober'): Promise<unknown> => {
  await rig.deliver(rig.request(`${plugin}_try`, { what, times: String(times) }));
  return rig.sent('command.result').at(-1)?.['stdout'];
};
const events = async (): Promise<readonly Record<string, unknown>[]> => {
  await rig.clock.advance(15_000);
  return rig
    .sent('events.batch')
    .flatMap(({ events: batch }) => batch as Record<string, unknown>[])
    .filter(({ kind }) => kind === 'capability_denied');
};
const audited = async (): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  await audit.append({ kind: 'test.end' });
  return [...readAuditLog(folder)].flatMap(({ record }) => (record?.kind === 'plugin.denied' ? [record] : []));
};

test.each([
  ['exec', 'E_GRANT_EXEC', 'may not run /bin/other'],
  ['http', 'E_GRANT_HTTP', 'may not talk to http://10.0.0.1:9'],
  ['logs', 'E_GRANT_LOGS', 'reads what others log'],
])('SEC-204: what a plugin tries by %s without its grant is an event and a line of the audit log', async (what, code, says) => {
  rig = await startRig({ plugin: prober('prober'), audit });
  expect(await tried(what)).toContain(code);
  const fields = { plugin: 'prober', failure_reason: code, error: expect.stringContaining(says) };
  expect(await events()).toEqual([expect.objectContaining({ source: 'plugins', status: 'refused', ...fields })]);
  expect(await audited()).toEqual([expect.objectContaining(fields)]);
  expect(verifyAuditLog(folder).fault).toBeUndefined();
});

test('SEC-204: a plugin that is refused for what it asks is told of, once', async () => {
  rig = await startRig({
    audit,
    kernel: {
      plugins: [
        {
          name: 'prober',
          load: () => Promise.resolve(prober('prober', { exec: ['/bin/other'] })),
          config: {},
          firstParty: false,
          grants: { commands: 'read' },
          startup: 'disable',
        },
      ],
    },
  });
  expect(await events()).toEqual([expect.objectContaining({ plugin: 'prober', failure_reason: 'E_GRANT_MISSING' })]);
  expect(await audited()).toEqual([expect.objectContaining({ plugin: 'prober', failure_reason: 'E_GRANT_MISSING' })]);
});

test('SEC-204: ten thousand denials are twenty lines and a number, and take no line of another plugin', async () => {
  const entry = (name: string) => ({
    name,
    load: () => Promise.resolve(prober(name)),
    config: {},
    firstParty: false,
    grants: { commands: 'read' as const },
    startup: 'error' as const,
  });
  rig = await startRig({ audit, kernel: { plugins: [entry('flood'), entry('quiet')] } });
  await tried('exec', 10_000, 'flood');
  await tried('http', 1, 'quiet');
  await rig.clock.advance(60_000);
  for (const told of [await events(), await audited()]) {
    expect(told.filter(({ plugin, error }) => plugin === 'flood' && error !== undefined)).toHaveLength(20);
    expect(told.filter(({ suppressed }) => suppressed !== undefined)).toEqual([
      expect.objectContaining({ plugin: 'flood', suppressed: 9_980 }),
    ]);
    expect(told.filter(({ plugin }) => plugin === 'quiet')).toHaveLength(1);
  }
  await tried('exec', 1, 'flood');
  expect((await audited()).at(-1)).toMatchObject({ plugin: 'flood', failure_reason: 'E_GRANT_EXEC' });
});

test('SEC-204: what was only counted is told when the agent ends', async () => {
  rig = await startRig({ plugin: prober('prober'), audit });
  await tried('exec', 25);
  await rig.close();
  expect((await audited()).at(-1)).toMatchObject({ plugin: 'prober', suppressed: 5 });
});

test('SEC-204: what is told is one short line, whatever the plugin asked for', async () => {
  rig = await startRig({ plugin: prober('prober'), audit });
  await tried('odd');
  for (const [{ error = '' } = {}] of [await events(), await audited()]) {
    expect(String(error)).toMatch(/^plugin "prober" may not run \/bin\/ \[2J x+$/u);
    expect(String(error).length).toBeLessThan(600);
  }
});
