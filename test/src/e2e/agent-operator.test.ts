import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import type { CommandManifestEntry } from '@stormpulse/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WireMessage } from '../doubles/v1-wire.ts';
import { HostStage, PROGRAM, command } from './agent-process.ts';

/** `stormpulse ARGS`: its one line. */
function stormpulse(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { input, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.trim();
}

describe("SEC-072: a host that asks for an operator's signature, at a v1 hub", () => {
  let stage: HostStage;

  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(async () => {
    await stage.close();
  });

  it('runs nothing that the hub alone signed, and what stormpulse sign signed besides, for this host only', async () => {
    const key = stage.path('operator.pem');
    const line = stormpulse(['sign', '--new-operator-key', key, '--name', 'alice']);
    stage.start(
      command('mark', ['/usr/bin/touch', stage.path('marked')]) +
        `[operator]\nkeys = [${JSON.stringify(line)}]\nrequire = "all"\n`,
    );
    const link = await stage.hub.link();
    const register = await link.inbox.until('register', ({ type }) => type === 'register');
    const entry = (register.payload['commands'] as Record<string, CommandManifestEntry>)['mark'];
    const entryFile = stage.path('entry.json');
    writeFileSync(entryFile, JSON.stringify(entry));
    const coSign = (message: WireMessage, agent = 'node-7'): WireMessage =>
      JSON.parse(
        stormpulse(['sign', '--operator-key', key, '--spec', entryFile, '--agent', agent], JSON.stringify(message)),
      ) as WireMessage;
    const reasonOf = async (message: WireMessage): Promise<unknown> => {
      link.send(message);
      const of = ({ payload }: WireMessage): Record<string, unknown> | undefined =>
        (payload['events'] as Record<string, unknown>[] | undefined)?.find((event) => event['command_ref'] === message.id);
      return of(await link.inbox.until(`the refusal of ${message.id}`, (sent) => of(sent) !== undefined))?.['failure_reason'];
    };

    expect(await reasonOf(stage.hub.request('mark'))).toBe('operator_signature_missing');
    const forAnother = { ...coSign(stage.hub.request('mark'), 'node-8'), agent_id: 'node-7' };
    expect(await reasonOf(forAnother)).toBe('bad_operator_signature');
    expect(existsSync(stage.path('marked'))).toBe(false);

    const good = coSign(stage.hub.request('mark'));
    link.send(good);
    const [result] = await link.inbox.count('command.result', 1);
    expect(result?.payload).toMatchObject({ request_id: good.id, success: true });
    expect(existsSync(stage.path('marked'))).toBe(true);
  });
});
