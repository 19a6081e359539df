import { X509Certificate } from 'node:crypto';
import { setTimeout as pace } from 'node:timers/promises';
import type { AgentView } from '@stormpulse/hub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../e2e/agent-process.ts';
import { COMMANDS_FOLDER, PATIENT, STATE, ServedHost, UNIT } from './served-host.ts';
import type { SystemdHost } from './systemd-host.ts';

const MARKS = `${COMMANDS_FOLDER}/marks`;
const LANES = 3;
/** An order is three requests and more, and the hub takes 3,000 a minute from one person. */
const PACE_MS = 400;
/** Issued five minutes back, so due 80 to 137 s from now: two thirds of its life and up to a tenth more (SEC-028). */
const CERTIFICATE_DAYS = 270 / 86_400;
const CLIENT_PAIR = `${STATE}/client-pair.pem`;

const LABEL = 'params.label.placeholder = "label"\nparams.label.pattern = "[a-z0-9-]{1,32}"\n';
const leaveMark = (then: string): string[] => ['/bin/sh', '-c', `echo "$1" >> ${MARKS}; ${then}`, 'sh', '{label}'];

/** What runs is read from the marks that commands leave on the host, never from what the agent says. */
describe('commands of an agent that systemd runs', () => {
  let served: ServedHost;
  let host: SystemdHost;

  beforeAll(async () => {
    const commands = command('mark', leaveMark('true'), LABEL) + command('long', leaveMark('sleep 600'), LABEL);
    served = await ServedHost.start(commands, { renewingCertificateDays: CERTIFICATE_DAYS });
    ({ host } = served);
  });
  afterAll(() => served?.remove());

  const marks = async (): Promise<string[]> => (await host.try('cat', MARKS)).stdout.split('\n').filter((line) => line !== '');
  const marksOf = async (label: string): Promise<number> => (await marks()).filter((mark) => mark === label).length;
  const atHub = (): Promise<AgentView> => served.person.get<AgentView>(`/agents/${served.agentId}`);
  const events = async (): Promise<string[]> =>
    (
      await served.person.get<{ readonly items: readonly { readonly kind: string }[] }>(`/agents/${served.agentId}/events`)
    ).items.map(({ kind }) => kind);

  it('SEC-028 SEC-069 a certificate renewed while commands flow: none is lost, none runs twice, and the link never breaks', async () => {
    const link = served.hub.gateway.link(served.agentId);
    const serial = (await atHub()).certificate?.serial;
    let isOver = false;
    const succeeded: string[] = [];
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      for (let sent = 0; !isOver; sent += 1) {
        const label = `flow-${lane}-${sent}`;
        const { state, target } = await served.order('mark', { label });
        expect([label, state, target.result?.failure_reason]).toEqual([label, 'succeeded', null]);
        succeeded.push(label);
        await pace(PACE_MS);
      }
    });
    const renewed = async (): Promise<void> => {
      await expect.poll(() => succeeded.length, PATIENT).toBeGreaterThan(LANES);
      expect(await events(), 'it was not due before commands flowed').not.toContain('cert_renew_succeeded');
      await expect.poll(events, { timeout: 200_000, interval: 500 }).toContain('cert_renew_succeeded');
      const before = succeeded.length;
      await expect.poll(() => succeeded.length, PATIENT).toBeGreaterThan(before + 2 * LANES);
    };
    await Promise.all([...lanes, renewed().finally(() => (isOver = true))]);
    expect((await marks()).toSorted()).toEqual(succeeded.toSorted());
    expect(served.hub.gateway.link(served.agentId), 'the same connection').toBe(link);
    expect(await events()).not.toContain('reconnect');

    // The next connection can only show the new one: what came before it is gone.
    await host.run('systemctl', 'restart', UNIT);
    await served.connected();
    const inUse = new X509Certificate(await host.run('cat', CLIENT_PAIR)).serialNumber.toLowerCase();
    expect(inUse).not.toBe(serial);
    expect((await atHub()).certificate?.serial).toBe(inUse);
    expect((await host.run('ls', STATE)).split('\n').filter((name) => name.startsWith('client-pair'))).toEqual([
      'client-pair.pem',
    ]);
    expect((await served.order('mark', { label: 'renewed' })).state).toBe('succeeded');
  }, 300_000);

  it.each([
    ['restarted', 'systemctl', ['restart', UNIT]],
    ['killed and started again by systemd', 'systemctl', ['kill', '--kill-who=main', '--signal=SIGKILL', UNIT]],
  ])('SEC-069 a command that runs while the agent is %s: interrupted, told once, not run again', async (how, program, args) => {
    const label = how.slice(0, 6);
    const pid = await served.show('MainPID');
    const run = await served.person.order(served.agentId, 'long', { label });
    await expect.poll(() => marksOf(label), PATIENT).toBe(1);
    await host.run(program, ...args);
    await expect.poll(() => served.show('MainPID'), PATIENT).not.toMatch(new RegExp(`^(?:0|${pid})$`, 'u'));
    await served.connected();
    const told = await served.ended(run);
    expect(told.target.result).toMatchObject({ success: false, exit_code: -1, failure_reason: 'interrupted' });
    // Later commands pass over the same link and outbox: a second run, or a second result, would come before theirs.
    expect((await served.order('mark', { label: `${label}-after` })).state).toBe('succeeded');
    await host.run('systemctl', 'restart', UNIT);
    await served.connected();
    expect((await served.order('mark', { label: `${label}-last` })).state).toBe('succeeded');
    expect(await marksOf(label)).toBe(1);
    expect(await served.person.run(run.id)).toEqual(told);
    expect((await host.try('pgrep', '-f', 'sleep 600')).stdout, 'nothing of it is left').toBe('');
  });
});
