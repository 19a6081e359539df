import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder, edited, lineOf } from '../../test-support/host-folder.ts';
import { refusalOf } from '../../test-support/refusal.ts';
import type { Refusal } from '../../test-support/refusal.ts';
import { loadConfig } from './load.ts';
import { SECTIONS } from './sections.ts';

describe('loadConfig', () => {
  let host: HostFolder;

  beforeEach(() => {
    host = new HostFolder();
  });
  afterEach(() => host.close());

  const refusal = (path = host.config): Refusal => refusalOf(() => loadConfig(path), path);
  const valid = (): string => host.validToml();

  it('reads a file as a v1 host has it, names and units as the code has them', () => {
    host.writeConfig();
    const { config, warnings } = loadConfig(host.config);
    expect(warnings).toBe('');
    expect(config).toMatchObject({
      agentId: 'web-1',
      hubUrl: 'wss://127.0.0.1:1/ws/pulse/',
      reconnectMinMs: 3_000,
      reconnectMaxMs: 60_000,
      heartbeatMs: 30_000,
      pushMs: 15_000,
      commandMaxAgeSeconds: 60,
      databasePath: host.path('stormpulse.db'),
      serverCa: 'private',
      requireServerEku: true,
      minTlsVersion: 'TLSv1.3',
      strict: true,
      passEnv: [],
    });
    expect(config.plugins.map(({ name }) => name)).toEqual(['host-metrics', 'signoff']);
  });

  it('reads what weakens it only where it is written', () => {
    host.writeConfig(
      ['[auth]', 'server_ca = "system"\nrequire_server_eku = false\nmin_version = "1.2"\n[auth]'],
      ['[storage]', '[protocol]\nstrict = false\n[execution]\npass_env = ["LANG"]\n[storage]'],
    );
    expect(loadConfig(host.config).config).toMatchObject({
      serverCa: 'system',
      requireServerEku: false,
      minTlsVersion: 'TLSv1.2',
      strict: false,
      passEnv: ['LANG'],
    });
  });

  it('SEC-124 reads the limits of all commands, and refuses what is none', () => {
    host.writeConfig(['[storage]', '[execution]\nlimits = { processes = 200, nice = 5 }\n[storage]']);
    expect(loadConfig(host.config).config.limits).toEqual({ processes: 200, nice: 5 });
    for (const [limits, told] of [
      ['{ proceses = 200 }', 'proceses is no limit, expected one of cpu_seconds, memory_mb, processes'],
      ['{ nice = 20 }', 'nice is 20, expected a whole number from 0 to 19'],
      ['200', 'is 200; expected a table'],
    ] as const) {
      host.writeConfig(['[storage]', `[execution]\nlimits = ${limits}\n[storage]`]);
      expect(refusal().lines).toEqual([expect.stringContaining(told)]);
    }
  });

  it('SEC-003 reads the ways to the hub, and refuses what is none', () => {
    const url = '/ws/pulse/"\n';
    const authorization = host.write('proxy-password', 'me:secret');
    host.writeConfig([
      url,
      `${url}fallback_urls = ["wss://b.example/ws/"]\nproxy = "http://proxy.example:3128"\nproxy_authorization_file = "${authorization}"\n`,
    ]);
    expect(loadConfig(host.config).config).toMatchObject({
      fallbackUrls: ['wss://b.example/ws/'],
      proxy: { url: 'http://proxy.example:3128', authorizationPath: authorization },
    });
    for (const [line, told] of [
      ['fallback_urls = ["https://b.example/"]', 'fallback_urls: is .*at most 8 different wss:// addresses'],
      ['fallback_urls = ["wss://127.0.0.1:1/ws/pulse/"]', 'fallback_urls: holds url itself'],
      ['proxy = "https://proxy.example:3128"', 'proxy: is .*expected http://HOST:PORT'],
      ['proxy = "http://me:secret@proxy.example:3128"', 'proxy: is .*proxy_authorization_file'],
      ['proxy = "http://proxy.example"', 'proxy: is .*expected http://HOST:PORT'],
      [`proxy_authorization_file = "${authorization}"`, 'proxy_authorization_file: is for a proxy, and there is none'],
    ] as const) {
      host.writeConfig([url, `${url}${line}\n`]);
      expect(refusal().lines).toEqual([expect.stringMatching(told)]);
    }
  });

  it('SEC-025 reads pins as hex or base64, and refuses what is neither', () => {
    const hex = 'AB'.repeat(32);
    const base64 = Buffer.from(hex, 'hex').toString('base64');
    host.writeConfig(['[auth]', `pin_sha256 = ["${hex}", "${base64}"]\n[auth]`]);
    expect(loadConfig(host.config).config.pins).toEqual([hex.toLowerCase(), hex.toLowerCase()]);
    for (const wrong of ['[]', '["abc"]', `["${hex}", "${base64.slice(1)}"]`]) {
      host.writeConfig(['[auth]', `pin_sha256 = ${wrong}\n[auth]`]);
      expect(refusal().lines).toEqual([
        expect.stringMatching(/tls\.pin_sha256: is .*expected .*64 hex digits or 44 characters of base64/u),
      ]);
    }
  });

  const required = Object.entries(SECTIONS).flatMap(([section, { required, keys }]) =>
    required ? Object.keys(keys).flatMap((key) => (keys[key]?.required === true ? [[section, key] as const] : [])) : [],
  );
  it.each(required)("I1 without %s.%s: names key, section and the section's line", (section, key) => {
    const line = valid()
      .split('\n')
      .find((candidate) => candidate.startsWith(`${key} =`));
    host.writeConfig([`${line}\n`, '']);
    const { code, lines } = refusal();
    expect(code).toBe('E_CONFIG_REFUSED');
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(
          `^:${lineOf(valid(), `[${section}]`)}: ${section}\\.${key}: is missing; expected .+; write ${key} under \\[${section}\\]$`,
          'u',
        ),
      ),
    ]);
  });

  it.each(['agent', 'dashboard', 'tls', 'auth', 'metrics', 'storage'])('without [%s] says so', (section) => {
    host.write('stormpulse.toml', valid().replace(new RegExp(`\\[${section}\\]\\n(?:.+\\n)*`, 'u'), ''));
    expect(refusal().lines).toEqual([`:1: ${section}: is missing; expected a table [${section}]`]);
  });

  it.each([
    ['reconnect_min_seconds = 3', 'reconnect_min_seconds = 61', 'is 61, more than reconnect_max_seconds; expected at most 60'],
    ['reconnect_min_seconds = 3', 'reconnect_min_seconds = 0', 'is 0; expected a number above 0'],
    ['reconnect_min_seconds = 3', 'reconnect_min_seconds = true', 'is true; expected a number'],
    ['reconnect_max_seconds = 60', 'reconnect_max_seconds = inf', 'is Infinity; expected a number above 0'],
    ['reconnect_max_seconds = 60', 'reconnect_max_seconds = nan', 'is NaN; expected a number above 0'],
    ['reconnect_max_seconds = 60', 'reconnect_max_seconds = "60"', 'is "60"; expected a number'],
    ['heartbeat_interval_seconds = 30', 'heartbeat_interval_seconds = 0.5', 'is 0.5; expected a number from 1 to 3600'],
    ['command_max_age_seconds = 60', 'command_max_age_seconds = 0.5', 'is 0.5; expected a number from'],
    ['command_max_age_seconds = 60', 'command_max_age_seconds = inf', 'is Infinity; expected a number from'],
    ['command_max_age_seconds = 60', 'command_max_age_seconds = 3601', 'is 3601; expected a number from'],
    ['push_interval_seconds = 15', 'push_interval_seconds = -1', 'is -1; expected a number from 0.5 to 86400'],
    ['collect_containers = true', 'collect_containers = 1', 'is 1; expected true or false'],
    ['id = "web-1"', 'id = ""', 'is ""; expected a string'],
    ['id = "web-1"', `id = "${'x'.repeat(65)}"`, 'expected 1 to 64 printable characters'],
    ['id = "web-1"', 'id = "a\\u001b[31m"', 'expected 1 to 64 printable characters'],
    ['id = "web-1"', 'id = 1979-05-27', 'expected a string'],
    ['url = "wss:', 'url = "ws:', 'expected a wss:// address'],
    ['url = "wss:', 'url = "https:', 'expected a wss:// address'],
    ['/ws/pulse/"', '/ws/pulse/#x"', 'expected a wss:// address'],
    ['[agent]', '[agent]\ndisabled_commands = ["a", 3]', 'expected a list of strings'],
    ['[auth]', 'server_ca = "public"\n[auth]', 'is "public"; expected "private" or "system"'],
    ['[auth]', 'min_version = 1.2\n[auth]', 'is 1.2; expected a string'],
    ['[auth]', 'require_server_eku = 0\n[auth]', 'is 0; expected true or false'],
  ])('I2 %s as %s: %s', (what, by, says) => {
    host.writeConfig([what, by]);
    const { code, lines } = refusal();
    expect(code).toBe('E_CONFIG_REFUSED');
    expect(lines).toEqual([expect.stringContaining(says)]);
    const key = /(\w+) = /u.exec(by.split('\n').find((line) => line.includes(' = ')) ?? what)?.[1] ?? 'url';
    expect(lines[0]).toContain(`.${key}: `);
    expect(lines[0]).toMatch(new RegExp(`^:${lineOf(edited(valid(), [what, by]), `\n${key} = `) + 1}: `, 'u'));
  });

  it.each(['ca_cert', 'client_cert', 'client_key', 'hmac_secret', 'db_path'])('%s must be an absolute path', (key) => {
    host.write('stormpulse.toml', valid().replace(new RegExp(`^${key} = .*$`, 'mu'), `${key} = "here.pem"`));
    expect(refusal().lines).toEqual([expect.stringContaining(`${key}: is "here.pem"; expected an absolute path`)]);
  });

  it('never repeats the pulse token', () => {
    host.writeConfig(['pulse_token = "11111111-2222-4333-8444-555555555555"', 'pulse_token = ["hunter2"]']);
    expect(refusal().message).toMatch(/agent\.pulse_token: .*expected a string/u);
    expect(refusal().message).not.toContain('hunter2');
  });

  it('names a misspelt key, its line, and the nearest known one', () => {
    host.writeConfig(['heartbeat_interval_seconds', 'heartbeat_intervall_seconds']);
    const line = lineOf(valid(), 'heartbeat_interval_seconds');
    const wrong = refusal().lines.find((text) => text.includes('intervall'));
    expect(wrong).toContain(`:${line}: dashboard.heartbeat_intervall_seconds: is not a key this agent knows`);
    expect(wrong).toContain('did you mean "heartbeat_interval_seconds"?');
  });

  it("a strange key is a warning in v1's tables and an error in ours", () => {
    host.writeConfig(['[tls]', '[tls]\nfuture_thing = 1']);
    const { warnings } = loadConfig(host.config);
    expect(warnings).toContain(`${host.config}:${lineOf(valid(), '[tls]') + 1}: tls.future_thing: is not a key this agent knows`);
    host.writeConfig(['[tls]', '[execution]\nfuture_thing = 1\n[tls]']);
    expect(refusal().lines).toEqual([expect.stringContaining('execution.future_thing: is not a key this agent knows')]);
  });

  it('I5 an unknown table is a warning, a misspelt one an error that names the line', () => {
    host.writeConfig(['[tls]', '[weather]\nrain = true\n[tls]']);
    expect(loadConfig(host.config).warnings).toContain('weather: is a table nobody claims');
    host.writeConfig(['[tls]', '[comands.x]\ncommand = ["/bin/true"]\n[tls]']);
    expect(refusal().lines).toEqual([
      `:${lineOf(valid(), '[tls]')}: comands: is a table nobody claims; expected a section of this agent or of one of its plugins; did you mean [commands]?`,
    ]);
    host.writeConfig(['[metrics]', '[metricks]']);
    expect(refusal().lines).toContain(':1: metrics: is missing; expected a table [metrics]; is [metricks] a typo?');
  });

  it('tells every problem of a file at once, in the order of the file', () => {
    host.writeConfig(
      ['id = "web-1"', 'id = 7'],
      ['reconnect_max_seconds = 60', 'reconnect_max_seconds = "x"'],
      ['[auth]', '[auth]\nhmac_secert = "/x"'],
      ['collect_containers = true\n', ''],
      ['[storage]\n', 'storage = 3\n[storag]\n'],
    );
    const numbers = refusal().lines.map((line) => Number(/^:(\d+): /u.exec(line)?.[1]));
    expect(numbers.length).toBeGreaterThanOrEqual(5);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  it.each([
    ['a value in the place of a table', (text: string) => edited(text, ['# a host', 'commands = 3\n# a host']), undefined],
    [
      'a table in the place of a value',
      (text: string) => edited(text, ['id = "web-1"', 'id = { a = 1 }']),
      'agent.id: is a table; expected a string',
    ],
    [
      'a value in the place of a section',
      (text: string) => `auth = 3\n${text.replace(/\[auth\]\n(?:.+\n)*/u, '')}`,
      ':1: auth: is 3; expected a table, written [auth]',
    ],
    [
      'an array in the place of a section',
      (text: string) => edited(text, ['[auth]', '[[auth]]']),
      'expected a table, written [auth]',
    ],
  ])('%s', (_name, change, says) => {
    host.write('stormpulse.toml', change(valid()));
    if (says === undefined) loadConfig(host.config); // the plugin it belongs to refuses it
    else expect(refusal().message).toContain(says);
  });
});
