import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Person } from '../../test-support/person.ts';
import { newCsr, postEnrol, Stage } from '../../test-support/hub-fixture.ts';
import type { Hub } from '../index.ts';
import { main } from './cli.ts';

interface Ran {
  readonly code: number;
  readonly out: string[];
  readonly err: string[];
}

async function run(argv: string[], whileRunning: (out: string[]) => Promise<void> = async () => undefined): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const code = await main(argv, {
    out: (text) => {
      out.push(text);
      if (text.startsWith('add host')) void whileRunning(out).finally(stop);
    },
    err: (text) => err.push(text),
    untilStopped: async () => await stopped,
  });
  return { code, out, err };
}

describe('stormpulse-hub', () => {
  let stage: Stage;
  let stateDir: string;
  beforeEach(() => {
    stage = new Stage();
    stateDir = stage.newStateDir();
    process.env['STORMPULSE_LOG_LEVEL'] = 'silent';
  });
  afterEach(async () => {
    delete process.env['STORMPULSE_LOG_LEVEL'];
    await stage.close();
  });

  const listen = ['--agents-listen', '127.0.0.1:0', '--people-listen', '127.0.0.1:0'];

  it('run prints where agents and people connect, and token and setup-code work beside it', async () => {
    const ran = await run(['run', '--state', stateDir, ...listen], async (printed) => {
      const agentsUrl = /^agents +(https:\/\/localhost:\d+)$/.exec(printed[0] ?? '')?.[1] ?? '';
      const link = /^people +(http:\/\/localhost:\d+\/setup#[\w-]{43}) /.exec(printed[1] ?? '')?.[1] ?? '';
      expect(printed[2]).toBe(`add host  stormpulse-hub token AGENT --state ${stateDir}`);
      const hub = { agentsUrl, peopleUrl: new URL(link).origin, setupLink: async () => link } as unknown as Hub;
      await Person.signedIn(hub);

      const token = await run(['token', 'web-1', '--state', stateDir]);
      expect(token.code).toBe(0);
      expect(token.out).toHaveLength(1);
      const [, url, agent, secret] = /^stormpulse enroll (\S+) (\S+) (\S+)$/.exec(token.out[0] ?? '') ?? [];
      expect([url, agent]).toEqual([`${agentsUrl}/api/enroll/`, 'web-1']);
      expect(token.err.join('\n')).toContain(`SSL_CERT_FILE=${stateDir}/ca.pem stormpulse enroll`);
      const { csrPem } = await newCsr('web-1');
      const enrolled = await postEnrol(hub, { agent_id: 'web-1', token: secret, csr_pem: csrPem });
      expect(enrolled.status).toBe(200);
      expect(token.err.join('\n')).toContain(`pulse_token = "${String(enrolled.json()['pulse_token'])}"`);

      const setup = await run(['setup-code', '--state', stateDir]);
      expect(setup.out).toHaveLength(1);
      await Person.signedIn({ ...hub, setupLink: async () => setup.out[0] ?? '' });
    });
    expect(ran.code, ran.err.join('\n')).toBe(0);
  });

  it('refuses wrong use with 2, and says what was expected', async () => {
    const table: [string[], number, RegExp][] = [
      [['run'], 2, /--state/],
      [['fly'], 2, /unknown command/],
      [['run', '--state', stateDir, '--agents-listen', 'here'], 2, /--agents-listen here is no address; expected HOST:PORT/],
      [['run', '--state', stateDir, ...listen, '--people-listen', '0.0.0.0:1'], 2, /only be on loopback/],
      [['run', '--state', stateDir, ...listen, '--min-tls', '1.1'], 2, /expected 1\.3 or 1\.2/],
      [['token', 'web-1', '--state', stateDir], 1, /has no hub yet; start one first/],
      [['setup-code', '--state', stateDir], 1, /has no hub yet/],
    ];
    for (const [argv, code, text] of table) {
      const ran = await run(argv);
      expect([ran.code, ran.out], argv.join(' ')).toEqual([code, []]);
      expect(ran.err.join('\n')).toMatch(text);
    }
    expect(existsSync(`${stateDir}/ca-root.pem`)).toBe(false);
  });

  it('checks the agent id and the lifetime of a token', async () => {
    const hub = await stage.startHub({ stateDir });
    await hub.close();
    expect((await run(['token', 'no spaces', '--state', stateDir])).err.join()).toMatch(
      /agent_id is "no spaces", expected 1 to 64 of/,
    );
    expect((await run(['token', 'web-1', '--state', stateDir, '--minutes', '9999'])).err.join()).toMatch(
      /expected a whole number from 1 to 1440/,
    );
  });
});
