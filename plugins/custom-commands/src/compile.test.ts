import { PARAM_KINDS } from '@stormpulse/sdk';
import { describe, expect, it } from 'vitest';
import { definition } from '../test/definition.ts';
import { compileCommands } from './compile.ts';
import type { Compiled } from './compile.ts';
import type { CommandConfig, CustomCommandsConfig, ParamConfig } from './config.ts';

const PROJECT = { project_dir: '/srv/app', compose_file: '/srv/app/compose.yml', docker_service_name: 'web' };
const GOOD: CommandConfig = { group: 'maintenance', command: ['/usr/bin/uptime'], timeout: 5 };

function compile(commands: Record<string, CommandConfig>, more: Partial<CustomCommandsConfig> = {}): Compiled {
  return compileCommands({ commands, project: PROJECT, ...more });
}

/** One command whose parameter `p` is placed as an argument. */
function withParam(param: ParamConfig, more: CommandConfig = {}): Compiled {
  return compile({ x: { ...GOOD, command: ['/bin/echo', '{p}'], params: { p: { placeholder: 'p', ...param } }, ...more } });
}

const problemPaths = (compiled: Compiled): string[] => compiled.problems.map(({ path }) => path.join('.'));
const omissionPaths = (compiled: Compiled): string[] => compiled.omissions.map(({ problem }) => problem.path.join('.'));

describe('a command as protocol v1 hosts write it', () => {
  it('becomes one process with slots, its local values filled in', () => {
    const compiled = compile({
      'site-logs': {
        group: 'diagnostics',
        command: [
          '/usr/bin/docker',
          'compose',
          '--env-file',
          '{env_file}',
          '-f',
          '{compose_file}',
          'logs',
          '--tail={n}',
          '{docker_service_name}',
        ],
        timeout: 30,
        description: 'Logs.',
        requires_confirmation: true,
        sensitive_output: true,
        params: {
          n: { placeholder: 'n', pattern: '[0-9]{1,5}', default: '100', description: 'Lines.' },
          docker_service_name: { placeholder: 'docker_service_name', pattern: '[a-z]+' },
        },
      },
    });
    expect(compiled).toMatchObject({ problems: [], omissions: [], warnings: [] });
    expect(definition(compiled.commands[0])).toMatchObject({
      wireName: 'site-logs',
      group: 'diagnostics',
      description: 'Logs.',
      effect: 'write',
      confirm: 'click',
      sensitiveOutput: true,
      timeout: 30_000,
      params: {
        required: ['n', 'docker_service_name'],
        properties: {
          n: { default: '100', 'x-param': { shown: '[0-9]{1,5}', maxChars: 256 } },
          docker_service_name: { default: 'web' },
        },
      },
      mode: {
        file: '/usr/bin/docker',
        argv: [
          { kind: 'text', text: 'compose' },
          { kind: 'text', text: '-f' },
          { kind: 'text', text: '/srv/app/compose.yml' },
          { kind: 'text', text: 'logs' },
          { kind: 'joined', parts: ['--tail=', { slot: 'n' }] },
          { kind: 'slot', name: 'docker_service_name' },
        ],
      },
    });
  });

  it('keeps --env-file when the project has one, and doubled braces as braces', () => {
    const command = ['/usr/bin/docker', '--env-file', '{env_file}', '--format', '{{{{.Names}}}}'];
    const compiled = compile({ x: { ...GOOD, command } }, { project: { ...PROJECT, env_file: '/srv/app/.env' } });
    expect(definition(compiled.commands[0]).mode.argv).toEqual(
      ['--env-file', '/srv/app/.env', '--format', '{{.Names}}'].map((text) => ({ kind: 'text', text })),
    );
  });

  it('F18 a disabled command is not offered, and unknown names do no harm', () => {
    expect(compile({ a: GOOD, b: GOOD }, { disabled_commands: ['a', 'nope'] }).commands.map(({ id }) => id)).toEqual(['b']);
  });

  it('a parameter that nothing places need not be given', () => {
    const params = { p: { placeholder: 'p', pattern: '[a-z]+' } };
    expect(definition(compile({ x: { ...GOOD, params } }).commands[0]).params.required ?? []).toEqual([]);
  });

  it('reads the keys that are ours', () => {
    const compiled = withParam(
      { max_bytes: 4_096 },
      { command: ['/usr/bin/tee', '/srv/x'], stdin: '{p}', effect: 'destructive', allow: ['writable_program'] },
    );
    expect(definition(compiled.commands[0])).toMatchObject({
      effect: 'destructive',
      confirm: 'none',
      allow: ['writable_program'],
      mode: { stdin: 'p' },
    });
  });
});

describe("I4 protocol v1's own checks refuse the file", () => {
  it.each<[string, CommandConfig, string]>([
    ['a relative program', { command: ['uptime'] }, 'commands.x.command.0'],
    ['an empty list', { command: [] }, 'commands.x.command'],
    ['timeout 0', { timeout: 0 }, 'commands.x.timeout'],
    ['long_running', { long_running: true }, 'commands.x.long_running'],
    ['an empty group', { group: '' }, 'commands.x.group'],
  ])('%s', (_title, change, path) => {
    expect(problemPaths(compile({ x: { ...GOOD, ...change } }))).toEqual([path]);
  });

  it.each<[string, string, ParamConfig, string]>([
    ['no pattern', 'p', {}, 'pattern'],
    ['a bad pattern', 'p', { pattern: '(' }, 'pattern'],
    ['a protected placeholder', 'env_file', { pattern: '[a-z]+' }, ''],
    ['a credential that is not secret', 'api_token', { pattern: '[a-z]+' }, 'secret'],
    ['SEC-116 a pass phrase that is not secret', 'PassphraseOld', { pattern: '[a-z]+', secret: false }, 'secret'],
    ['another placeholder', 'p', { pattern: '[a-z]+', placeholder: 'q' }, 'placeholder'],
  ])('%s', (_title, name, param, key) => {
    const compiled = compile({ x: { ...GOOD, params: { [name]: { placeholder: name, ...param } } } });
    expect(problemPaths(compiled)).toEqual([['commands', 'x', 'params', name, ...(key === '' ? [] : [key])].join('.')]);
    expect(compiled.commands).toEqual([]);
  });

  it('all at once, in words', () => {
    const compiled = compile({ x: {}, y: { ...GOOD, command: ['sh'], timeout: -1 } });
    expect(problemPaths(compiled)).toEqual([
      'commands.x.group',
      'commands.x.command',
      'commands.x.timeout',
      'commands.y.timeout',
      'commands.y.command.0',
    ]);
    for (const { problem, expected } of compiled.problems) expect([problem, expected]).not.toContain('');
  });
});

describe('other mistakes refuse the file too', () => {
  it.each(['', 'a,b', 'a=b', 'a b', 'a\tb', 'a\nb', 'a\u0000b', 'a\u2028b', 'a\u00a0b', 'x'.repeat(129)])(
    'SEC-053 the name %j',
    (name) => {
      expect(compile({ [name]: GOOD }).problems).toMatchObject([
        { path: ['commands', name], problem: 'is no name that a signed message can carry' },
      ]);
    },
  );

  it.each(['{nope}', '{', '{project_dir!r}', '{0}'])('SEC-102 the placeholder %s', (word) => {
    expect(problemPaths(compile({ x: { ...GOOD, command: ['/bin/echo', word] } }))).toEqual(['commands.x.command.1']);
  });

  it('a placeholder of [project] when there is no [project]', () => {
    const commands = { x: { ...GOOD, command: ['/bin/ls', '{project_dir}'] } };
    expect(problemPaths(compileCommands({ commands }))).toEqual(['commands.x.command.1']);
  });

  it.each<[string, CommandConfig, string]>([
    ['an unknown effect', { effect: 'delete' }, 'commands.x.effect'],
    ['an unknown allowance', { allow: ['everything'] }, 'commands.x.allow.0'],
    ['stdin that is no parameter', { stdin: '{nope}' }, 'commands.x.stdin'],
    ['stdin with text around', { stdin: 'a{p}' }, 'commands.x.stdin'],
  ])('%s', (_title, change, path) => {
    expect(problemPaths(withParam({ pattern: '[a-z]+' }, change))).toEqual([path]);
  });

  it.each<[string, ParamConfig, string]>([
    ['an unknown kind', { kind: 'branch' }, 'kind'],
    ['a kind and a pattern', { kind: 'hostname', pattern: '[a-z]+' }, 'kind'],
    ['SEC-111 max_bytes 0', { max_bytes: 0 }, 'max_bytes'],
  ])('%s', (_title, param, key) => {
    expect(problemPaths(withParam(param))).toEqual([`commands.x.params.p.${key}`]);
  });

  it('SEC-110 allow_leading_dash where a program reads options', () => {
    const param = { pattern: '[a-z-]+', allow_leading_dash: true };
    expect(problemPaths(withParam(param))).toEqual(['commands.x.command.1']);
    expect(withParam(param, { command: ['/bin/echo', '--', '{p}'] }).problems).toEqual([]);
    expect(withParam(param, { command: ['/bin/echo', '--name={p}'] }).problems).toEqual([]);
  });
});

describe('a dangerous command is left out, and the others stay', () => {
  const cases: [string, CommandConfig, string, string | undefined][] = [
    ['SEC-100 a value chooses the program', { command: ['/usr/bin/{p}'] }, 'commands.x.command.0', undefined],
    ['SEC-100 a path with ..', { command: ['/usr/bin/../x', '{p}'] }, 'commands.x.command.0', undefined],
    ['SEC-100 a path with //', { command: ['/usr//bin/x', '{p}'] }, 'commands.x.command.0', undefined],
    ['SEC-103 a parameter in a script', { command: ['/bin/sh', '-c', 'echo {p}'] }, 'commands.x.command.2', 'shell_template'],
    [
      'SEC-113 a wide range',
      { params: { p: { placeholder: 'p', pattern: '[A-z]+' } } },
      'commands.x.params.p.pattern',
      'wide_range',
    ],
    [
      'SEC-113 a lookahead',
      { params: { p: { placeholder: 'p', pattern: '(?!-)[a-z-]+' } } },
      'commands.x.params.p.pattern',
      undefined,
    ],
    [
      'SEC-114 exponential time by rule',
      { params: { p: { placeholder: 'p', pattern: '(a+)+' } } },
      'commands.x.params.p.pattern',
      undefined,
    ],
    [
      'SEC-114 exponential time by probe',
      { params: { p: { placeholder: 'p', pattern: '(?:aa?)*b' } } },
      'commands.x.params.p.pattern',
      undefined,
    ],
    [
      'SEC-116 a secret in argv',
      { params: { p: { placeholder: 'p', pattern: '[a-z]+', secret: true } } },
      'commands.x.command.1',
      'secret_in_argv',
    ],
    [
      'a parameter that no request can carry',
      { command: ['/bin/x'], params: { 'a-b': { placeholder: 'a-b', pattern: 'x' } } },
      'commands.x.params.a-b',
      undefined,
    ],
  ];

  it.each(cases)('%s', (_title, change, path, waiver) => {
    const table: CommandConfig = {
      ...GOOD,
      command: ['/bin/echo', '{p}'],
      params: { p: { placeholder: 'p', pattern: '[a-z]+' } },
      ...change,
    };
    const compiled = compile({ x: table, y: GOOD });
    expect(compiled.problems).toEqual([]);
    expect(omissionPaths(compiled)).toEqual([path]);
    expect(compiled.omissions[0]?.command).toBe('x');
    expect(compiled.commands.map(({ id }) => id)).toEqual(['y']);
    if (waiver === undefined) return;
    expect(compiled.omissions[0]?.problem.fix).toContain(`allow = ["${waiver}"]`);
    expect(compile({ x: { ...table, allow: [waiver] } })).toMatchObject({ omissions: [], commands: [{ id: 'x' }] });
  });

  it("a name of the kernel's", () => {
    expect(compile({ agent_cancel: GOOD, y: GOOD })).toMatchObject({
      problems: [],
      omissions: [{ command: 'agent_cancel' }],
      commands: [{ id: 'y' }],
    });
  });

  it('SEC-116 a secret on standard input is offered', () => {
    const compiled = withParam({ pattern: '[a-z]+', secret: true }, { command: ['/bin/x'], stdin: '{p}' });
    expect(definition(compiled.commands[0])).toMatchObject({
      mode: { stdin: 'p' },
      params: { properties: { p: { 'x-secret': true } } },
    });
  });
});

describe('warnings', () => {
  it('SEC-113 tell that a class was narrowed', () => {
    expect(withParam({ pattern: '\\d+' }).warnings).toEqual([
      expect.stringContaining('commands.x.params.p.pattern: \\d takes ASCII only'),
    ]);
    expect(withParam({ pattern: '(?a)\\d+' }).warnings).toEqual([]);
  });

  it('tell that a default is refused by its own rules, without quoting it', () => {
    const { warnings, commands } = withParam({ pattern: '[a-z]+', default: 'Canary' });
    expect(warnings).toEqual([expect.stringContaining('commands.x.params.p.default')]);
    expect(warnings.join('')).not.toContain('Canary');
    expect(commands).toHaveLength(1);
  });
});

describe('D7 which commands take turns', () => {
  it('D7 says so in key and concurrency', () => {
    const compiled = compile({ a: { ...GOOD, key: 'backup' }, b: { ...GOOD, concurrency: 2 }, c: GOOD });
    expect(problemPaths(compiled)).toEqual([]);
    const [a, b, c] = compiled.commands.map((command) => definition(command));
    expect([a?.serializeBy?.({}), a?.concurrency]).toEqual(['backup', undefined]);
    expect([b?.serializeBy, b?.concurrency]).toEqual([undefined, 2]);
    expect([c?.serializeBy, c?.concurrency]).toEqual([undefined, undefined]);
  });

  it.each<[string, CommandConfig, string]>([
    ['an empty key', { key: '' }, 'key'],
    ['a long key', { key: 'k'.repeat(65) }, 'key'],
    ['concurrency 0', { concurrency: 0 }, 'concurrency'],
    ['concurrency beyond the pool', { concurrency: 5 }, 'concurrency'],
    ['both', { key: 'k', concurrency: 1 }, 'concurrency'],
    ['destructive calls beside each other', { effect: 'destructive', concurrency: 2 }, 'concurrency'],
  ])('D7 refuses %s', (_name, keys, key) => {
    expect(problemPaths(compile({ x: { ...GOOD, ...keys } }))).toEqual([`commands.x.${key}`]);
  });
});

describe('SEC-124 limits of one command', () => {
  it('SEC-124 go to the process as they are written', () => {
    const limits = { processes: 20, memory_mb: 64, nice: 10 };
    expect(definition(compile({ x: { ...GOOD, limits } }).commands[0]).mode.limits).toEqual(limits);
  });

  it.each([
    ['memory_gb', 1],
    ['memory_mb', 0],
    ['memory_mb', 1.5],
    ['memory_mb', '64'],
    ['nice', -1],
    ['nice', 20],
    ['processes', Number.NaN],
  ])('SEC-124 refuses %s = %j', (key, value) => {
    expect(problemPaths(compile({ x: { ...GOOD, limits: { [key]: value } } }))).toEqual([`commands.x.limits.${key}`]);
  });
});

describe('SEC-115 named kinds in a file', () => {
  it.each(Object.keys(PARAM_KINDS))('SEC-115 kind = "%s" is the kind, limits only narrow it', (kind) => {
    const base = PARAM_KINDS[kind as keyof typeof PARAM_KINDS];
    const policy = (more: ParamConfig): unknown =>
      definition(withParam({ kind, ...more }).commands[0]).params.properties['p']?.['x-param'];
    expect(policy({})).toEqual(base);
    expect(policy({ max_chars: 3, max_bytes: 100_000 })).toEqual({ ...base, maxChars: 3 });
  });
});
