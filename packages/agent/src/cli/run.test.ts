import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostFolder, lineOf } from '../../test-support/host-folder.ts';
import { createIdentity } from '../../test-support/identity.ts';
import type { TestIdentity } from '../../test-support/identity.ts';
import { runArgs, runProgram, startProgram } from '../../test-support/program.ts';
import type { ProgramOptions, Running } from '../../test-support/program.ts';
import { listeningSockets } from '../../test-support/sockets.ts';

const PATIENT = { timeout: 20_000, interval: 20 };

describe('stormpulse run', () => {
  let identity: TestIdentity;
  let other: TestIdentity;
  let host: HostFolder;
  let hub: Server;
  let calls: number;
  const running: Running[] = [];

  beforeAll(async () => {
    [identity, other] = await Promise.all([createIdentity('web-1'), createIdentity('web-1')]);
  });
  beforeEach(async () => {
    host = new HostFolder();
    host.writeIdentity(identity);
    calls = 0;
    // A hub that hangs up at once: the agent waits for its next attempt.
    hub = createServer((socket) => {
      calls += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await vi.waitFor(() => expect(hub.listening).toBe(true));
    writeConfig();
  });
  afterEach(async () => {
    for (const { child } of running) if (child.exitCode === null) child.kill('SIGKILL');
    await Promise.all(running.splice(0).map(({ ended }) => ended));
    await new Promise((resolve) => hub.close(resolve));
    host.close();
  });

  const writeConfig = (...edits: readonly (readonly [string, string])[]): string =>
    host.writeConfig(
      ['127.0.0.1:1/', `127.0.0.1:${(hub.address() as AddressInfo).port}/`],
      ['reconnect_min_seconds = 3', 'reconnect_min_seconds = 3600'],
      ['reconnect_max_seconds = 60', 'reconnect_max_seconds = 3600'],
      ...edits,
    );
  const start = (more: readonly string[] = [], options: ProgramOptions = {}): Running => {
    const agent = startProgram(runArgs(host.config, ...more), options);
    running.push(agent);
    return agent;
  };
  /** Until it waits for its next attempt; the first has failed. */
  const waiting = async (agent: Running): Promise<void> => {
    await vi.waitFor(() => expect(agent.stderr()).toContain('"retryInMs"'), PATIENT);
  };
  const refused = async (...args: Parameters<typeof start>): Promise<string> => {
    const { code, stdout, stderr } = await start(...args).ended;
    expect([code, stdout, calls]).toEqual([1, '', 0]);
    expect(stderr, 'a message, no stack').not.toMatch(/\n {4}at /u);
    return stderr;
  };

  describe('refuses to start, before it speaks to anybody', () => {
    it('SEC-167 with what would change how it runs; --allow-unsafe-env lifts that alone', async () => {
      const env = { NODE_OPTIONS: '--no-warnings', NODE_PATH: '/x', OPENSSL_CONF: '/dev/null', LD_LIBRARY_PATH: '/x' };
      expect(await refused([], { env })).toContain('NODE_OPTIONS, NODE_PATH, OPENSSL_CONF, LD_LIBRARY_PATH are set');
      const inspect = { ...env, NODE_OPTIONS: '--inspect=127.0.0.1:0' };
      expect(await refused(['--allow-unsafe-env'], { env: inspect })).toContain('SEC-002');
    });

    it('SEC-002 with a debugger', async () => {
      expect(await refused([], { nodeFlags: ['--inspect=127.0.0.1:0'] })).toContain('start the agent without --inspect');
    });

    it('SEC-022 with the identity check switched off', async () => {
      expect(await refused([], { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } })).toContain('NODE_TLS_REJECT_UNAUTHORIZED is set');
    });

    it.runIf(process.geteuid?.() === 0)('SEC-165 as root, unless told', async () => {
      const { code, stderr } = await runProgram(['run', host.config]);
      expect([code, calls]).toEqual([1, 0]);
      expect(stderr).toContain('pass --allow-root');
    });

    it('with the environment wrong and the file too: the environment first', async () => {
      host.write('stormpulse.toml', '[agent');
      expect(await refused([], { env: { NODE_PATH: '/x' } })).not.toContain('stormpulse.toml');
      expect(await refused()).toContain('stormpulse.toml:1: is not TOML');
    });

    it('B17: names every file that is not there, together', async () => {
      const bare = new HostFolder();
      try {
        bare.write('stormpulse.toml', bare.validToml());
        const { code, stderr } = await runProgram(runArgs(bare.config));
        expect(code).toBe(1);
        expect(stderr.trim().split('\n')).toHaveLength(4);
        for (const name of ['ca.pem', 'agent.pem', 'agent-key.pem', 'hmac.key'])
          expect(stderr).toContain(`${bare.path(name)}, which is not there`);
      } finally {
        bare.close();
      }
    });

    it.each([
      ['empty', '', 'is empty'],
      ['white space', ' \n\t ', 'is empty'],
      ['short', `  ${'k'.repeat(15)}\n`, 'holds 15 usable bytes'],
    ])('B17, SEC-034 with an HMAC key that is %s', async (_name, key, says) => {
      host.write('hmac.key', key);
      expect(await refused()).toContain(`${host.path('hmac.key')} ${says}; expected at least 16 random bytes: enroll again`);
    });

    it.each(['hmac.key', 'agent-key.pem'])('SEC-166 with %s readable by everybody: names the path and the fix', async (name) => {
      host.write(name, readFileSync(host.path(name)), 0o644);
      expect(await refused()).toMatch(
        new RegExp(
          `^${host.config}:\\d+: \\w+\\.\\w+: names ${host.path(name)}, which has mode 0644: everybody may read this secret; expected .+; run: chmod o= ${host.path(name)}\n$`,
          'u',
        ),
      );
    });

    it.each([
      ['a CA that is none', 'ca.pem', () => 'no certificate', 'holds no certificate of a CA'],
      ['a certificate that is none', 'agent.pem', () => 'no certificate', 'are no certificate with its key'],
      ["another certificate's key", 'agent-key.pem', () => other.keyPem, 'are no certificate with its key'],
    ])('with %s', async (_name, file, content, says) => {
      host.write(file, content());
      const message = await refused();
      expect(message).toContain(host.path(file));
      expect(message).toContain(says);
    });

    it('without the folder of the database', async () => {
      writeConfig(['stormpulse.db', 'state/stormpulse.db']);
      expect(await refused()).toContain(`make the folder: mkdir -p -m 0700 ${host.path('state')}`);
    });

    it('SEC-166 with a folder of the database that others may change', async () => {
      mkdirSync(host.path('state'));
      writeConfig(['stormpulse.db', 'state/stormpulse.db']);
      host.write('state/.keep', '');
      chmodSync(host.path('state'), 0o777);
      expect(await refused()).toContain(`run: chmod go-w ${host.path('state')}`);
    });

    it("I4 with commands that v1 refuses: each problem with the file's line", async () => {
      writeConfig([
        '[storage]',
        `[commands.one]
group = "x"
command = ["true"]
timeout = 0

[commands.two]
group = "x"
command = [
  "/bin/echo",
  7,
]
timeout = 5

[storage]`,
      ]);
      const text = readFileSync(host.config, 'utf8');
      const lines = (await refused()).trim().split('\n');
      expect(lines).toContainEqual(expect.stringContaining(`stormpulse.toml:${lineOf(text, '  7,')}: commands.two.command`));
    });

    it("I4 tells what the commands' own rules refuse, in the order of the file", async () => {
      writeConfig([
        '[storage]',
        '[commands.one]\ngroup = "x"\ncommand = ["true"]\ntimeout = 0\nlong_running = true\n\n[commands.two]\ngroup = "x"\ncommand = []\ntimeout = 5\n\n[storage]',
      ]);
      const text = readFileSync(host.config, 'utf8');
      const lines = (await refused()).trim().split('\n');
      const numbers = lines.map((line) => Number(/stormpulse\.toml:(\d+): commands\./u.exec(line)?.[1]));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(numbers).toEqual(
        expect.arrayContaining(
          ['command = ["true"]', 'timeout = 0', 'long_running', 'command = []'].map((part) => lineOf(text, part)),
        ),
      );
    });
  });

  it('tells which command it leaves out: line, reason, fix; and runs', async () => {
    const program = host.write('tool.sh', '#!/bin/sh\n', 0o777);
    writeConfig([
      '[storage]',
      `[commands.tool]\ngroup = "x"\ncommand = ["${program}"]\ntimeout = 5\n\n[commands.greet]\ngroup = "x"\ncommand = ["/bin/echo", "hello"]\ntimeout = 5\n\n[storage]`,
    ]);
    const agent = start();
    await waiting(agent);
    const line = lineOf(readFileSync(host.config, 'utf8'), `command = ["${program}"]`);
    await vi.waitFor(() => expect(agent.stderr()).toContain('The command "tool" is not offered; everything else is.'), PATIENT);
    expect(agent.stderr()).toMatch(new RegExp(`stormpulse\\.toml:${line}: commands\\.tool\\.command: .+; expected .+; .+`, 'u'));
    const status = (): unknown => JSON.parse(readFileSync(host.path('status.json'), 'utf8'));
    await vi.waitFor(() => expect(status()).toMatchObject({ commands: ['greet'] }), PATIENT);
  });

  it('SEC-169 makes no file that others may touch, and leaves no temporary one', async () => {
    const before = new Set(readdirSync(host.folder));
    host.write('status.json.0123456789ab.tmp', 'left by a crash');
    const agent = start();
    await vi.waitFor(() => expect(existsSync(host.path('status.json'))).toBe(true), PATIENT);
    const made = readdirSync(host.folder).filter((name) => !before.has(name));
    expect(made).toEqual(expect.arrayContaining(['status.json', 'stormpulse.db']));
    expect(made.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    for (const name of made) expect([name, statSync(host.path(name)).mode & 0o077]).toEqual([name, 0]);
    expect(readFileSync(`/proc/${agent.pid}/status`, 'utf8')).toContain('Umask:\t0077');
  });

  it('SEC-002 opens no debugger on SIGUSR1, not while it starts either', async () => {
    const agent = start();
    const seen = new Set<string>();
    await vi.waitFor(() => expect(readFileSync(`/proc/${agent.pid}/status`, 'utf8')).toContain('Umask:\t0077'), {
      timeout: 20_000,
      interval: 1,
    });
    for (let at = 0; at < 100; at += 1) {
      agent.child.kill('SIGUSR1');
      listeningSockets(agent.pid).forEach((socket) => seen.add(socket));
    }
    await waiting(agent);
    listeningSockets(agent.pid).forEach((socket) => seen.add(socket));
    expect([...seen]).toEqual([]);
    expect(listeningSockets(process.pid), 'the check itself sees the hub in this process').not.toEqual([]);
    expect(agent.stderr()).not.toContain('Debugger listening');
    agent.child.kill('SIGTERM');
    expect(await agent.ended).toMatchObject({ code: 0, signal: null });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('%s in an hour of waiting ends it at once, with 0', async (signal) => {
    const agent = start();
    await waiting(agent);
    agent.child.kill(signal);
    expect(await agent.ended).toMatchObject({ code: 0, signal: null, stdout: '' });
    expect(calls).toBe(1);
  });

  it('tells what its operator allowed, SEC-059 an age over 300 s too, in the log and in status.json', async () => {
    writeConfig(
      ['[auth]', 'require_server_eku = false\n[auth]'],
      ['[storage]', '[protocol]\nstrict = false\n[storage]'],
      ['command_max_age_seconds = 60', 'command_max_age_seconds = 301'],
    );
    const agent = start(['--allow-unsafe-env'], { env: { NODE_PATH: '/x' } });
    await vi.waitFor(() => expect(existsSync(host.path('status.json'))).toBe(true), PATIENT);
    const { allowances } = JSON.parse(readFileSync(host.path('status.json'), 'utf8')) as { allowances: string[] };
    expect(allowances).toEqual([
      ...(process.geteuid?.() === 0 ? ['--allow-root'] : []),
      '--allow-unsafe-env',
      '[protocol] strict = false',
      '[auth] command_max_age_seconds = 301',
      '[tls] require_server_eku = false',
    ]);
    expect(agent.stderr()).toContain(JSON.stringify(allowances));
  });
});
