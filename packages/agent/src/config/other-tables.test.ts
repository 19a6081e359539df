import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder, lineOf } from '../../test-support/host-folder.ts';
import { refusalOf } from '../../test-support/refusal.ts';
import { loadConfig } from './load.ts';
import type { LoadedConfig } from './load.ts';

const GROUP = `[[log_groups]]
name = "edge"
enabled = true
source_type = "file"
source_path = "/var/log/caddy/access.log"
parser = "caddy_json"
ship_interval_seconds = 2.0
max_lines_per_batch = 200
filter_contains = ""
`;
const GARAGE = `[garage]
enabled = true
container_name = "garaged"
garage_binary = "/garage"
docker_binary = "/usr/bin/docker"
config_path = "/opt/garage/garage.toml"
detector_interval_seconds = 2
admin_url = "http://127.0.0.1:3903"
admin_token = "hunter2"
state_push_interval_seconds = 30
`;
const CADDY = `[caddy]
enabled = true
admin_url = "http://localhost:2019"
main_caddyfile = "/etc/caddy/Caddyfile"
drop_in_path = "/etc/caddy/stormpulse.caddy"
`;
const RCLONE = '[rclone]\nenabled = true\nbinary_path = "/usr/bin/rclone"\n';
const WEATHER = `[plugins.weather]
package = "@example/weather"
integrity = "sha512-${'A'.repeat(86)}=="
isolation = "process"
[plugins.weather.grants]
exec = ["/usr/bin/uptime"]
[plugins.weather.config]
town = "here"
`;

describe("tables that are not the core's", () => {
  let host: HostFolder;

  beforeEach(() => {
    host = new HostFolder();
  });
  afterEach(() => host.close());

  const load = (...tables: readonly string[]): LoadedConfig => {
    host.write('stormpulse.toml', `${host.validToml()}\n${tables.join('\n')}`);
    return loadConfig(host.config);
  };
  const warnings = (...tables: readonly string[]): string[] => load(...tables).warnings.split('\n');
  const refused = (...tables: readonly string[]): readonly string[] => refusalOf(() => load(...tables), host.config).lines;

  it('are taken as v1 writes them: each waits for its plugin, with the reason, and nothing is odd', () => {
    const { config, warnings: odd } = load(GROUP, GARAGE, CADDY, RCLONE, '[git]\n[signoff]\n', WEATHER);
    expect(odd).toBe('');
    const absent = (name: string): string => `this agent does not have the plugin "${name}" yet`;
    expect(config.awaited).toEqual([
      { table: 'log_groups', plugin: 'log-shipping', state: 'disabled_error', reason: absent('log-shipping') },
      ...['garage', 'caddy', 'rclone', 'git', 'signoff'].map((name) => ({
        table: name,
        plugin: name,
        state: 'disabled_error',
        reason: absent(name),
      })),
    ]);
    expect(config.packages).toEqual([
      {
        name: 'weather',
        package: '@example/weather',
        integrity: `sha512-${'A'.repeat(86)}==`,
        startup: 'disable',
        isolation: 'process',
        grants: { exec: ['/usr/bin/uptime'] },
        config: { town: 'here' },
      },
    ]);
  });

  it('I6 an invalid integration section disables that integration alone: reason, line, and the agent loads', () => {
    const { config, warnings: odd } = load(GARAGE.replace('"/usr/bin/docker"', '"docker"'), CADDY);
    expect(config.awaited[0]).toMatchObject({
      table: 'garage',
      state: 'disabled_error',
      reason: 'garage.docker_binary: is "docker"; expected an absolute path',
    });
    const line = lineOf(host.validToml(), 'db_path') + 6;
    expect(odd).toBe(`${host.config}:${line}: garage.docker_binary: is "docker"; expected an absolute path`);
  });

  it.each([
    ['garage', GARAGE],
    ['caddy', CADDY],
    ['rclone', RCLONE],
  ])('[%s] with enabled = false is a choice, not a mistake', (table, text) => {
    const [section] = load(text.replace('enabled = true', 'enabled = false')).config.awaited;
    expect(section).toMatchObject({ table, state: 'disabled_choice', reason: 'enabled = false' });
  });

  it.each([
    [GARAGE, 'enabled = true', 'enabled = 1', 'garage.enabled: is 1; expected true or false'],
    [GARAGE, 'container_name = "garaged"', 'container_name = ""', 'garage.container_name: is ""; expected a string'],
    [GARAGE, 'config_path = "/opt/garage/garage.toml"\n', '', 'garage.config_path: is missing; expected a string'],
    [GARAGE, '_seconds = 2\n', '_seconds = 0\n', 'garage.detector_interval_seconds: is 0; expected a number above 0'],
    [GARAGE, '"http://127', '"127', 'expected an address that begins with http:// or https://'],
    [GARAGE, 'admin_token = "hunter2"', 'admin_token = ["hunter2"]', 'garage.admin_token: is something else; expected a string'],
    [GARAGE, 'admin_token =', 'admin_tokne =', 'garage.admin_tokne: is not a key this agent knows'],
    [CADDY, '"http://localhost:2019"', '"localhost:2019"', 'expected an address that begins with http:// or https://'],
    [CADDY, '"/etc/caddy/Caddyfile"', '"Caddyfile"', 'caddy.main_caddyfile: is "Caddyfile"; expected an absolute path'],
    [RCLONE, '"/usr/bin/rclone"', '"rclone"', 'rclone.binary_path: is "rclone"; expected an absolute path'],
  ])('I6 %#: %s without %s', (text, what, by, says) => {
    const { config, warnings: odd } = load(text.replace(what, () => by));
    expect(config.awaited).toEqual([expect.objectContaining({ state: 'disabled_error', reason: expect.stringContaining(says) })]);
    expect(odd).toContain(says);
    expect(odd).not.toContain('hunter2');
  });

  it('I6 a value in the place of an integration section disables it, a value in the place of ours refuses the file', () => {
    host.write('stormpulse.toml', `garage = 3\n${host.validToml()}`);
    expect(loadConfig(host.config).config.awaited).toMatchObject([{ table: 'garage', state: 'disabled_error' }]);
    host.write('stormpulse.toml', `docker = 3\ngit = 4\nplugins = 5\nlog_groups = "x"\n${host.validToml()}`);
    expect(refusalOf(() => loadConfig(host.config), host.config).lines).toEqual([
      ':1: docker: is 3; expected a table, written [docker]',
      ':2: git: is 4; expected a table, written [git]',
      ':3: plugins: is 5; expected tables, each written [plugins.<name>]',
      ':4: log_groups: is "x"; expected a list of tables, each written [[log_groups]]',
    ]);
  });

  it.each([
    ['name = "edge"', 'name = "web.app"', 'log_groups.0.name: is "web.app"; expected 1 to 50 characters'],
    ['name = "edge"\n', '', 'log_groups.0.name: is missing'],
    ['enabled = true\n', '', 'log_groups.0.enabled: is missing'],
    ['"file"', '"journald"', 'expected "file" or "docker" or "docker_stream"'],
    ['"/var', '"var', 'log_groups.0.source_path: is "var/log/caddy/access.log"; expected an absolute path'],
    ['source_path', '# source_path', 'log_groups.0.source_path: is missing'],
    ['source_type = "file"', 'source_type = "docker"', 'log_groups.0.container_name: is missing'],
    ['"caddy_json"', '"nginx"', 'log_groups.0.parser: is "nginx"'],
    ['= 2.0', '= 1.9', 'log_groups.0.ship_interval_seconds: is 1.9; expected a number, at least 2'],
    ['= 2.0', '= true', 'log_groups.0.ship_interval_seconds: is true; expected a number'],
    ['= 200', '= 0', 'log_groups.0.max_lines_per_batch: is 0; expected a whole number from 1 to 200'],
    ['= 200', '= 201', 'log_groups.0.max_lines_per_batch: is 201'],
    ['= 200', '= 1.5', 'log_groups.0.max_lines_per_batch: is 1.5; expected a whole number from 1 to 200'],
    ['filter_contains', 'filter_contain', 'did you mean "filter_contains"?'],
  ])('SEC-187 I3 a log group with %s as %s: a warning with its line, and the agent starts without it', (what, by, says) => {
    const bad = GROUP.replace(what, () => by);
    const [line = '', ...more] = warnings(bad, GROUP);
    expect(more).toEqual([]);
    expect(line).toContain(says);
    expect(line).toContain('this group is skipped, the others are not');
    const key = /log_groups\.0\.(\w+)/u.exec(line)?.[1] ?? '';
    const text = `${host.validToml()}\n${bad}`;
    expect(line).toContain(
      `${host.config}:${lineOf(text, text.includes(`\n${key} =`) ? `\n${key} =` : '[[log_groups]]') + (text.includes(`\n${key} =`) ? 1 : 0)}: `,
    );
  });

  it('I3 two log groups of one name: the second is skipped; one that was skipped takes no name', () => {
    expect(warnings(GROUP, GROUP)).toEqual([expect.stringContaining('log_groups.1.name: is "edge", which another group has')]);
    expect(warnings(GROUP.replace('= 200', '= 0'), GROUP)).toEqual([expect.stringContaining('log_groups.0.max_lines_per_batch')]);
  });

  it('a log group with retention_days is taken, and told that the key has no effect', () => {
    expect(warnings(`${GROUP}retention_days = 7\n`)).toEqual([expect.stringContaining('retention_days: has no effect')]);
  });

  it.each([
    ['integrity = "', 'integrity = "md5-', 'plugins.weather.integrity: is "md5-'],
    ['package = "@example/weather"\n', '', 'plugins.weather.package: is missing'],
    ['"process"', '"thread"', 'expected "process" or "worker" or "none"'],
    ['isolation', 'future_thing', 'plugins.weather.future_thing: is not a key this agent knows'],
    ['[plugins.weather.grants]\nexec = ["/usr/bin/uptime"]', '[[plugins.weather.grants]]', 'plugins.weather.grants: is'],
    ['[plugins.weather.config]', '[plugins.Weather_2]', 'plugins.Weather_2: has a name that no plugin can have'],
    [
      '[plugins.weather.config]\n',
      '[plugins.host-metrics]\n[plugins.weather.config]\n',
      'plugins.host-metrics.grants: is missing',
    ],
    ['[plugins.weather.config]', '[plugins.garage]\ngrants = {}\nconfig = 1\n[x]', 'plugins.garage.config: is not a key'],
    ['isolation = "process"', 'startup = "always"', 'expected "disable" or "error" or "retry"'],
    [
      'exec = ["/usr/bin/uptime"]',
      'exec = ["uptime"]',
      'plugins.weather.grants.exec: is ["uptime"]; expected a list of absolute',
    ],
    ['exec =', 'exce =', 'plugins.weather.grants.exce: is not a key this agent knows'],
    ['exec = ["/usr/bin/uptime"]', 'http = ["http://x/path"]', 'plugins.weather.grants.http: is'],
    ['exec = ["/usr/bin/uptime"]', 'commands = "all"', 'expected "none" or "read" or "write" or "destructive"'],
    ['exec = ["/usr/bin/uptime"]', 'gate = "yes"', 'plugins.weather.grants.gate: is "yes"; expected true or false'],
    ['exec = ["/usr/bin/uptime"]', 'native = true', 'plugins.weather.grants.native: is not a key this agent knows'],
  ])('SEC-204: [plugins.<name>] is a closed table of ours: %s as %s refuses the file', (what, by, says) => {
    expect(refused(WEATHER.replace(what, () => by))).toEqual([expect.stringContaining(says)]);
  });

  it('SEC-205: no package takes the name of a plugin of the agent', () => {
    expect(refused(WEATHER.replaceAll('plugins.weather', 'plugins.docker'))).toEqual([
      expect.stringContaining('plugins.docker: is a plugin of the agent itself; expected the grants'),
    ]);
  });

  it('[plugins.<name>.grants] of a plugin of the agent is what it is held to', () => {
    const { config } = load('[plugins.host-metrics.grants]\nread = []\n', WEATHER);
    expect(config.plugins).toEqual([expect.objectContaining({ name: 'host-metrics', limits: { read: [] } })]);
    expect(config.packages.map(({ name }) => name)).toEqual(['weather']);
  });
});
