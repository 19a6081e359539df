import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { canonicalRequest, canonicalSequence, specDigest, verifyOperatorSignature, verifySignature } from '@stormpulse/protocol';
import { nodeCrypto, nodeOperatorCrypto, readOperatorKey } from '@stormpulse/protocol/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { PROGRAM } from '../../test-support/program.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const ENTRY = {
  group: 'deploy',
  description: '',
  template: ['git', 'pull'],
  timeout: 30,
  requires_confirmation: true,
  long_running: false,
  params: {},
};
const DIGEST = specDigest(nodeCrypto, ENTRY);

/** The first example of section 10.3, in the form that openssl writes. */
const RFC_8410_KEY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`;

interface Message {
  readonly id: string;
  readonly ts: string;
  readonly agent_id: string;
  readonly type: string;
  readonly payload: Record<string, never>;
}

describe('stormpulse sign', () => {
  let host: HostFolder;

  beforeEach(() => {
    host = new HostFolder();
    host.write('hmac.key', `${KEY}\n`);
  });
  afterEach(() => host.close());

  const run = (args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, ['--disable-proto=throw', PROGRAM, 'sign', ...args], {
      input,
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin' },
    });
  const sign = (args: readonly string[], input: unknown = ''): Message => {
    const { status, stdout, stderr } = run(args, typeof input === 'string' ? input : JSON.stringify(input));
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    return JSON.parse(stdout) as Message;
  };
  const refused = (args: readonly string[], input: unknown = ''): string => {
    const { status, stdout, stderr } = run(args, typeof input === 'string' ? input : JSON.stringify(input));
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    return stderr;
  };
  const withKey = (): string[] => ['--key', host.path('hmac.key')];
  const newKey = (): { file: string; publicKey: Uint8Array } => {
    const file = host.path('operator.pem');
    const { status, stdout } = run(['--new-operator-key', file, '--name', 'alice']);
    const key = readOperatorKey(stdout.trim());
    expect([status, key?.name]).toEqual([0, 'alice']);
    return { file, publicKey: key?.publicKey ?? new Uint8Array() };
  };
  const verifies = ({ payload, ts }: Message): boolean =>
    verifySignature(
      nodeCrypto,
      Buffer.from(KEY),
      canonicalRequest({ ...(payload as never as Parameters<typeof canonicalRequest>[0]), ts }),
      payload['hmac'] ?? '',
    );

  it('signs a command from flags as a hub does', () => {
    const message = sign([
      ...withKey(),
      '--agent',
      'web-1',
      '--command',
      'docker_logs',
      '--param',
      'lines=50',
      '--param',
      'q=a=b',
    ]);
    expect(message).toMatchObject({
      v: 1,
      type: 'command.request',
      agent_id: 'web-1',
      payload: {
        command: 'docker_logs',
        params: { lines: '50', q: 'a=b' },
        nonce: expect.stringMatching(/^[\w-]{43}$/u) as unknown,
      },
    });
    expect(verifies(message)).toBe(true);
  });

  it('signs a sequence', () => {
    const { payload, ts, type } = sign([
      ...withKey(),
      '--agent',
      'web-1',
      '--sequence',
      's1',
      '--step',
      'a',
      '--step',
      'b',
      '--go-on',
    ]);
    expect([type, payload['commands'], payload['stop_on_failure']]).toEqual(['command.sequence', ['a', 'b'], false]);
    const text = canonicalSequence({ ...(payload as never as Parameters<typeof canonicalSequence>[0]), ts });
    expect(verifySignature(nodeCrypto, Buffer.from(KEY), text, payload['hmac'] ?? '')).toBe(true);
  });

  it('keeps the id, time and nonce it was given, the time in its canonical spelling', () => {
    const given = { id: 'i', ts: '2026-03-04T05:06:07.5+00:00', nonce: 'n', agent_id: 'web-1', command: 'git_pull' };
    const message = sign(withKey(), given);
    expect([message.id, message.ts, message.payload['nonce']]).toEqual(['i', '2026-03-04T05:06:07.500000Z', 'n']);
    expect(verifies(message)).toBe(true);
  });

  it('SEC-072: makes a key pair: the private half for its owner alone, never replaced', () => {
    const { file } = newKey();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file, 'utf8');
    expect(refused(['--new-operator-key', file])).toContain('never replaced; name another file');
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(refused(['--new-operator-key', host.path('none/x.pem')])).toContain('cannot be made (ENOENT)');
    expect(refused(['--new-operator-key', host.path('y.pem'), '--name', 'a b'])).toContain('--name "a b": expected');
  });

  it('SEC-072: hub and operator sign one after the other, in either order, each with what it has', () => {
    const { file, publicKey } = newKey();
    const spec = host.write('entry.json', JSON.stringify(ENTRY));
    const operator = ['--operator-key', file];
    const asked = { agent_id: 'web-1', command: 'git_pull', spec: [DIGEST], confirmation: 'web-1' };
    const byHub = sign(
      [...operator, '--spec', spec, '--confirm', 'web-1'],
      sign(withKey(), { agent_id: 'web-1', command: 'git_pull' }),
    );
    const byOperator = sign(operator, asked);
    expect(byOperator.payload).not.toHaveProperty('hmac');
    const messages = [byHub, sign(withKey(), byOperator), sign([...withKey(), ...operator], asked)];
    for (const message of messages) {
      expect(verifies(message)).toBe(true);
      const canonicalText = canonicalRequest({
        ...(message.payload as never as Parameters<typeof canonicalRequest>[0]),
        ts: message.ts,
      });
      const text = { agentId: 'web-1', type: 'command.request', specs: [DIGEST], confirmation: 'web-1', canonicalText } as const;
      expect(verifyOperatorSignature(nodeOperatorCrypto, publicKey, text, message.payload['op_sig'] ?? '')).toBe(true);
    }
  });

  it('SEC-072: takes a key that another program made', () => {
    const file = host.write('other.pem', RFC_8410_KEY);
    const { payload } = sign(['--operator-key', file], { agent_id: 'w', command: 'c', spec: [DIGEST] });
    expect(payload['op_sig']).toMatch(/^[0-9a-f]{128}$/u);
  });

  it.each<[string, unknown]>([
    ['bad_command', { agent_id: 'w', command: 'a\nb' }],
    ['ambiguous_params', { agent_id: 'w', command: 'c', params: { a: '1&b=2', b: '3' } }],
    ['bad_param_key', { agent_id: 'w', command: 'c', params: { 'a=b': 'c' } }],
    ['bad_nonce', { agent_id: 'w', command: 'c', nonce: 'a\nb' }],
    ['empty_sequence', { agent_id: 'w', sequence_id: 's', commands: [] }],
    ['ts', { agent_id: 'w', command: 'c', ts: '2026-03-04' }],
    ['agent_id', { agent_id: '', command: 'c' }],
    ['__proto__', '{"agent_id":"w","command":"c","params":{"__proto__":"x"}}'],
  ])('SEC-054: does not sign what an agent would refuse: %s', (reason, input) => {
    expect(refused(withKey(), input)).toMatch(new RegExp(`refuse this as ${reason}|no agent would take this`, 'u'));
  });

  it.each<[string, () => string[], unknown, string]>([
    ['no key', () => [], '', 'give --key FILE'],
    ['no agent', withKey, { command: 'c' }, 'give --agent ID'],
    ['both kinds', withKey, { agent_id: 'w', command: 'c', sequence_id: 's' }, 'one of them'],
    ['neither kind', withKey, { agent_id: 'w' }, 'one of them'],
    ['no JSON', withKey, 'nope', 'standard input: is not JSON'],
    ['nothing', withKey, '', 'standard input: is not JSON'],
    ['an unknown key', withKey, { agent_id: 'w', comand: 'c' }, 'standard input: /comand: Unexpected property'],
    ['a number', withKey, { agent_id: 'w', command: 'c', params: { a: 1 } }, 'standard input: /params/a: Expected string'],
    [
      'a parameter without value',
      () => [...withKey(), '--agent', 'w', '--command', 'c', '--param', 'x'],
      '',
      'expected name=value',
    ],
    ['a parameter from nowhere', () => [...withKey(), '--param', 'x=1'], '', '--param goes with --command'],
    ['a step of a command', () => [...withKey(), '--agent', 'w', '--command', 'c', '--step', 'x'], '', 'go with --sequence'],
    ['a missing key file', () => ['--key', host.path('none')], { agent_id: 'w', command: 'c' }, 'is not there'],
    [
      'an HMAC key as operator',
      () => ['--operator-key', host.path('hmac.key')],
      { agent_id: 'w', command: 'c' },
      'no Ed25519 private key',
    ],
  ])('%s: one line that says what to do', (_title, args, input, says) => {
    expect(refused(args(), input)).toContain(says);
  });

  it('SEC-166: a key that everybody may read is not used', () => {
    host.write('hmac.key', KEY, 0o644);
    expect(refused(withKey(), { agent_id: 'w', command: 'c' })).toContain('chmod o=');
  });

  it('an operator signs with a digest for each command', () => {
    const { file } = newKey();
    expect(refused(['--operator-key', file], { agent_id: 'w', command: 'c' })).toContain('0 of 1 commands have a spec');
    expect(refused(['--operator-key', file, '--spec', 'sha256:12'], { agent_id: 'w', command: 'c' })).toContain(
      '64 lower-case hex',
    );
    expect(refused(['--operator-key', file, '--spec', '/nonexistent'], { agent_id: 'w', command: 'c' })).toContain(
      '--spec /nonexistent',
    );
  });
});
