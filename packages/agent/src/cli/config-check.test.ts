import { chmodSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder, edited, lineOf } from '../../test-support/host-folder.ts';
import { createIdentity } from '../../test-support/identity.ts';
import { runArgs, runProgram } from '../../test-support/program.ts';
import type { Ended } from '../../test-support/program.ts';
import type { ConfigReport } from './config-check.ts';

const COMMANDS = `[commands.df]
group = "diagnostics"
command = ["/usr/bin/df", "-h", "{mount}"]
timeout = 10

[commands.df.params.mount]
placeholder = "mount"
pattern = "/(?:srv|var)"

[commands.deploy]
group = "deploy"
command = ["/usr/bin/env", "true", "{project_dir}"]
timeout = 600
`;

describe('stormpulse config check', () => {
  let host: HostFolder;

  beforeEach(async () => {
    host = new HostFolder();
    host.writeIdentity(await createIdentity('web-1'));
    mkdirSync(host.path('app'));
    host.write('app/compose.yml', 'services: {}\n');
  });
  afterEach(() => host.close());

  /** A whole v1 host's file: every section v1 requires, an integration, a log group, commands. */
  const good = (): string => `${host.validToml()}
[project]
project_dir = "${host.path('app')}"
compose_file = "${host.path('app/compose.yml')}"
docker_service_name = "web"

[caddy]
enabled = true
admin_url = "http://localhost:2019"
main_caddyfile = "/etc/caddy/Caddyfile"
drop_in_path = "/etc/caddy/stormpulse.caddy"

[[log_groups]]
name = "edge"
enabled = true
source_type = "file"
source_path = "/var/log/caddy/access.log"
parser = "caddy_json"
ship_interval_seconds = 5
max_lines_per_batch = 100

${COMMANDS}`;
  const check = async (text: string, ...args: readonly string[]): Promise<Ended> => {
    host.write('stormpulse.toml', text);
    return await runProgram(['config', 'check', host.config, ...args]);
  };
  const json = async (text: string): Promise<ConfigReport> => JSON.parse((await check(text, '--json')).stdout) as ConfigReport;
  const fatalLines = ({ stderr }: Ended): string[] =>
    stderr
      .trim()
      .split('\n')
      .filter((line) => line !== '');

  it('a good file: core OK, what waits for its plugin, what would run, 0; and nothing is written', async () => {
    host.write('stormpulse.toml', good());
    const before = readdirSync(host.folder).sort();
    const { code, stdout, stderr } = await check(good());
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      `Core config OK: ${host.config}`,
      'log_groups: disabled_error (this agent does not have the plugin "log-shipping" yet)',
      'caddy: disabled_error (this agent does not have the plugin "caddy" yet)',
      'Would run: agent web-1 at wss://127.0.0.1:1/ws/pulse/, with host-metrics, custom-commands, docker, git, signoff.',
      'Would offer 4 commands: df, deploy, docker_logs, git_pull.',
      '',
    ]);
    expect(readdirSync(host.folder).sort()).toEqual(before);
  });

  const plant: readonly (readonly [kind: string, what: string, by: string, says: RegExp, at: string])[] = [
    [
      'a missing required key',
      'pulse_token = "11111111-2222-4333-8444-555555555555"\n',
      '',
      /agent\.pulse_token: is missing/u,
      '[agent]',
    ],
    [
      'a wrong type',
      'reconnect_min_seconds = 3',
      'reconnect_min_seconds = "3"',
      /reconnect_min_seconds: is "3"; expected a number/u,
      'reconnect_min_seconds',
    ],
    [
      'out of range',
      'command_max_age_seconds = 60',
      'command_max_age_seconds = 0.5',
      /is 0\.5; expected a number from 5 to 3600/u,
      'command_max_age_seconds',
    ],
    [
      'a misspelt key',
      'collect_containers',
      'colect_containers',
      /colect_containers: is not a key .+did you mean "collect_containers"\?/u,
      'colect_containers',
    ],
    [
      'a key nobody knows',
      '[storage]',
      '[storage]\nengine = "wal"',
      /storage\.engine: is not a key this agent knows; expected one of db_path/u,
      'engine',
    ],
    [
      'a misspelt table',
      '[project]',
      '[projekt]',
      /projekt: is a table nobody claims; .+did you mean \[project\]\?/u,
      '[projekt]',
    ],
    [
      'a file that is not there',
      '/agent.pem"',
      '/gone.pem"',
      /tls\.client_cert: names .+gone\.pem, which is not there/u,
      'client_cert',
    ],
    [
      'a log group',
      'max_lines_per_batch = 100',
      'max_lines_per_batch = 201',
      /log_groups\.0\.max_lines_per_batch: is 201; .+this group is skipped/u,
      'max_lines_per_batch',
    ],
    [
      'an integration',
      'admin_url = "http://localhost:2019"',
      'admin_url = "localhost:2019"',
      /caddy\.admin_url: .+expected an address/u,
      'admin_url',
    ],
    ['a relative program', '"/usr/bin/df"', '"df"', /commands\.df\.command\.0: .+expected the absolute path/u, 'command = ["df"'],
    [
      'a wrong type in a command',
      'timeout = 600',
      'timeout = "10m"',
      /commands\.deploy\.timeout: is "10m"; expected a whole number/u,
      'timeout = "10m"',
    ],
  ];

  it('12 planted mistakes of different kinds: all named, each with its line; the same file without them is fine', async () => {
    const text = edited(good(), ...plant.map(([, what, by]) => [what, by] as const));
    chmodSync(host.path('hmac.key'), 0o644);
    const ended = await check(text);
    expect(ended.code).toBe(1);
    const told = `${ended.stderr}${ended.stdout}`.split('\n');
    const twelfth = [
      'a key that everybody may read',
      '',
      '',
      /auth\.hmac_secret: names .+ has mode 0644: everybody may read this secret; .+run: chmod o= /u,
      'hmac_secret',
    ] as const;
    const all = [...plant, twelfth];
    expect(all).toHaveLength(12);
    for (const [kind, , , says, at] of all) {
      const place = `${host.config}:${lineOf(text, at)}: `;
      expect(
        told.filter((line) => line.includes(place)),
        kind,
      ).toContainEqual(expect.stringMatching(says));
    }
    expect(told.at(-2)).toMatch(/^Nothing would run: correct the \d+ problems marked FATAL first\.$/u);

    // The first start tells the same: nobody corrects one mistake to be told the next.
    const run = await runProgram(runArgs(host.config));
    expect(run.code).toBe(1);
    for (const [kind, , , says] of all)
      if (!['a key nobody knows', 'a log group', 'an integration'].includes(kind)) expect(run.stderr, kind).toMatch(says);

    chmodSync(host.path('hmac.key'), 0o600);
    expect(await check(good())).toMatchObject({ code: 0, stderr: '' });
  });

  it('mistakes of one kind do not hide those of another in the same command', async () => {
    const text = edited(
      good(),
      ['timeout = 10\n', 'timeout = "x"\nrequires_confirmation = 1\nnote = "mine"\nlong_running = true\n'],
      ['"{mount}"', '"{nope}"'],
    );
    expect(fatalLines(await check(text)).map((line) => /: (commands\.[\w.]+): /u.exec(line)?.[1])).toEqual([
      'commands.df.command.2',
      'commands.df.timeout',
      'commands.df.requires_confirmation',
      'commands.df.note',
      'commands.df.long_running',
    ]);
  });

  it.each([
    ['a relative program', 'command = ["/usr/bin/df", "-h", "{mount}"]', 'command = ["df"]'],
    ['an empty list', 'command = ["/usr/bin/df", "-h", "{mount}"]', 'command = []'],
    ['timeout 0', 'timeout = 10', 'timeout = 0'],
    ['long_running', 'timeout = 10', 'timeout = 10\nlong_running = true'],
    ['no pattern', 'pattern = "/(?:srv|var)"', ''],
    ['a bad regex', '/(?:srv|var)', '/(?:srv|var'],
    [
      'a protected placeholder',
      '[commands.df.params.mount]\nplaceholder = "mount"',
      '[commands.df.params.env_file]\nplaceholder = "env_file"',
    ],
    [
      'a credential that is not secret',
      '[commands.df.params.mount]\nplaceholder = "mount"',
      '[commands.df.params.api_token]\nplaceholder = "api_token"',
    ],
  ])('I4 [commands.x] with %s: 1', async (_name, what, by) => {
    const ended = await check(edited(good(), [what, by]));
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('commands.df');
  });

  it('I5 an unknown section is named, and ignored: 0', async () => {
    const { code, stdout } = await check(`${good()}\n[weather]\nrain = true\n`);
    expect(code).toBe(0);
    expect(stdout).toContain('weather: unclaimed section, ignored\n');
    expect((await json(`${good()}\n[weather]\nrain = true\n`)).unclaimed).toEqual(['weather']);
  });

  it('I6 W16: an invalid integration section is disabled_error, with its line: 0', async () => {
    const text = edited(good(), ['"http://localhost:2019"', '"localhost:2019"']);
    const { code, stdout, stderr } = await check(text);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('caddy: disabled_error (caddy.admin_url: is "localhost:2019"; expected an address');
    expect(stdout).toContain(`Warning: ${host.config}:${lineOf(text, 'admin_url')}: caddy.admin_url`);
  });

  it('a command that only our rules refuse is named, left out of what would run: 0', async () => {
    const { code, stdout } = await check(edited(good(), ['/(?:srv|var)', '[A-z]+']));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Left out: df: .+stormpulse\.toml:\d+: commands\.df\.params\.mount\.pattern: .+allow = \["wide_range"\]/mu,
    );
    expect(stdout).toContain('Would offer 3 commands: deploy, docker_logs, git_pull.\n');
  });

  it('a program that others can change leaves its command out too', async () => {
    const program = host.write('tool.sh', '#!/bin/sh\n', 0o777);
    const { leftOut, wouldRun } = await json(edited(good(), ['"/usr/bin/df"', JSON.stringify(program)]));
    expect(leftOut).toMatchObject([{ command: 'df', key: 'commands.df.command' }]);
    expect(wouldRun?.commands).toEqual(['deploy', 'docker_logs', 'git_pull']);
  });

  it('SEC-034 a key file without a key: 1, although the file is fine', async () => {
    host.write('hmac.key', 'short');
    const { code, stderr } = await check(good());
    expect(code).toBe(1);
    expect(stderr).toBe(
      `FATAL: ${host.path('hmac.key')} holds 5 usable bytes; expected at least 16 random bytes: enroll again\n`,
    );
  });

  it('--json tells line, key, problem, expectation and fix of each', async () => {
    const report = await json(edited(good(), ['id = "web-1"', 'id = 7']));
    expect(report).toMatchObject({ ok: false, config: host.config, wouldRun: null });
    expect(report.fatal).toEqual([
      {
        line: lineOf(good(), 'id = "web-1"'),
        key: 'agent.id',
        problem: 'is 7',
        expected: 'a string',
        text: expect.stringContaining('agent.id: is 7; expected a string'),
      },
    ]);
    expect((await json(good())).wouldRun).toEqual({
      agentId: 'web-1',
      hub: 'wss://127.0.0.1:1/ws/pulse/',
      plugins: ['host-metrics', 'custom-commands', 'docker', 'git', 'signoff'],
      commands: ['df', 'deploy', 'docker_logs', 'git_pull'],
    });
  });

  it.each([
    ['not TOML', '[agent'],
    ['empty', ''],
    ['SEC-187 too large', `#${'x'.repeat(1024 * 1024)}\n`],
    ['SEC-187 too deep', `[a${'.a'.repeat(20)}]\n`],
    ['SEC-187 too many tables', Array.from({ length: 2_001 }, (_, at) => `[t.t${at}]\n`).join('')],
    ['SEC-187 too long a key', `${'k'.repeat(129)} = 1\n`],
    ['SEC-187 a __proto__ table', '[__proto__]\nstrict = false\n'],
  ])('a file that is %s: 1, a line each, no stack', async (_name, text) => {
    const ended = await check(text);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^Nothing would run/u);
    for (const line of fatalLines(ended)) expect(line).toMatch(/^FATAL: .*stormpulse\.toml/u);
    expect(ended.stderr).not.toContain('    at ');
  });

  it('a file that is not there: 1', async () => {
    const ended = await runProgram(['config', 'check', host.path('none.toml')]);
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('Nothing would run') });
    expect(ended.stderr).toMatch(/^FATAL: .+none\.toml: is not there; check the path/u);
  });

  it('without "check": usage, 1', async () => {
    const { code, stderr } = await runProgram(['config']);
    expect(code).toBe(1);
    expect(stderr).toContain('Usage: stormpulse config');
  });

  it('never repeats a secret', async () => {
    const text = edited(good(), ['pulse_token = "11111111-2222-4333-8444-555555555555"', 'pulse_token = ["hunter2"]']);
    const { stdout, stderr } = await check(text);
    expect(stdout + stderr + JSON.stringify(await json(text))).not.toContain('hunter2');
    expect(readFileSync(host.config, 'utf8')).toContain('hunter2');
  });
});
