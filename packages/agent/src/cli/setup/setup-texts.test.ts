import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentError } from '@stormpulse/plugin-api';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { HostFolder } from '../../../test-support/host-folder.ts';
import { withPluginInit } from '../setup-commands.ts';
import { readAnswersFile } from './answers-file.ts';
import { editTable } from './config-text.ts';
import { socketUrlOf } from './enrolled.ts';
import { servicesIn } from './project.ts';
import { setupPaths } from './setup-paths.ts';
import { unitText } from './unit-text.ts';

const UNITS = join(import.meta.dirname, '../../../units');
const SYSTEM = readFileSync(`${UNITS}/stormpulse.service`, 'utf8');
const USER = readFileSync(`${UNITS}/stormpulse.user.service`, 'utf8');
const FACTS = {
  node: '/usr/bin/node',
  main: '/opt/x/main.js',
  config: '/etc/stormpulse/stormpulse.toml',
  data: '/opt/stormpulse/data',
};

function refusal(work: () => unknown): string {
  try {
    return `not refused: ${String(work())}`;
  } catch (error) {
    if (isAgentError(error)) return error.message;
    throw error;
  }
}

describe('the mode of an installation', () => {
  const none = { system: false, user: false };
  it('W1: root sets up the host, anybody else themselves', () => {
    expect(setupPaths(none, {}, 0)).toMatchObject({
      mode: 'system',
      config: '/etc/stormpulse/stormpulse.toml',
      data: '/opt/stormpulse/data',
    });
    expect(setupPaths(none, { HOME: '/home/op' }, 1000)).toMatchObject({
      mode: 'user',
      config: '/home/op/.config/stormpulse/stormpulse.toml',
      data: '/home/op/.local/share/stormpulse',
      unit: '/home/op/.config/systemd/user/stormpulse.service',
    });
  });

  it('W2: a mode that this user cannot set up is refused with what to run', () => {
    expect(refusal(() => setupPaths({ ...none, user: true }, {}, 0))).toContain('run stormpulse init as that user');
    expect(refusal(() => setupPaths({ ...none, system: true }, {}, 1000))).toContain('sudo stormpulse init');
  });
});

describe('the unit of a host', () => {
  it('W13: is the shipped one with the paths of this host, and one entry for the deployment', () => {
    const text = unitText(SYSTEM, { ...FACTS, project: '/srv/app' });
    const paths = text.split('\n').filter((line) => line.startsWith('ReadWritePaths='));
    expect(paths).toEqual(['ReadWritePaths=-/opt/stormpulse/data', 'ReadWritePaths=/srv/app']);
    const others = (unit: string): string[] => unit.split('\n').filter((line) => !/^(?:ExecStart|ReadWritePaths)=/u.test(line));
    expect(others(text)).toEqual(others(SYSTEM));
    expect(text).toMatch(
      /^ExecStart=\/usr\/bin\/node --disable-proto=throw .* \/opt\/x\/main\.js run \/etc\/stormpulse\/stormpulse\.toml$/mu,
    );
  });

  it('W14: a path with a space, a quote or a percent sign stands for itself', () => {
    const text = unitText(SYSTEM, { ...FACTS, main: '/opt/my $x/main.js', project: '/srv/my "app" 100%' });
    expect(text).toContain('ReadWritePaths="/srv/my \\"app\\" 100%%"\n');
    expect(text).toContain('"/opt/my $$x/main.js" run');
    expect(refusal(() => unitText(SYSTEM, { ...FACTS, project: '/srv/a\nExecStartPre=/bin/sh' }))).toContain(
      'without control characters',
    );
  });

  it('a deployment in a folder of people is shown to the agent, and nothing else of it', () => {
    const text = unitText(SYSTEM, { ...FACTS, project: '/home/deploy/app' });
    expect(text).toContain('\nProtectHome=tmpfs\n');
    expect(text).toContain('\nBindPaths=/home/deploy/app\n');
  });

  it('of a user says what the shipped one says', () => {
    const text = unitText(USER, { ...FACTS, config: '/home/op/.config/stormpulse/stormpulse.toml', project: '/srv/app' });
    expect(text.replace(/^ExecStart=.*$/mu, '')).toBe(USER.replace(/^ExecStart=.*$/mu, ''));
    expect(text).not.toContain('%h');
  });
});

describe('the address of the hub', () => {
  it.each([
    ['W15: with a port', 'https://cp.example.net:8443/api/enroll/', 'wss://cp.example.net:8443/ws/pulse/'],
    ['of https', 'https://cp.example.net/api/enroll/', 'wss://cp.example.net/ws/pulse/'],
    ['of http', 'http://127.0.0.1:8080/api/enroll/', 'ws://127.0.0.1:8080/ws/pulse/'],
    ['an address of IPv6', 'https://[2001:db8::1]:8443/api/enroll/', 'wss://[2001:db8::1]:8443/ws/pulse/'],
    ['nonsense', 'nonsense', undefined],
    ['another scheme', 'ftp://hub/x', undefined],
    ['nothing', undefined, undefined],
  ])('%s', (_, endpoint, url) => expect(socketUrlOf(endpoint)).toBe(url));
});

describe('a section that a wizard writes', () => {
  it('W25: a header with a comment, an order, and every other key stay', () => {
    const before = 'a = 1\n[acme_gate] # note\n# why\nurl = "x" # old\nmine = 1\n[b]\n';
    expect(editTable(before, ['acme_gate'], { url: 'y' })).toBe(
      'a = 1\n[acme_gate] # note\n# why\nurl = "y" # old\nmine = 1\n[b]\n',
    );
  });

  it('holds texts of any kind, lists and tables within; null takes a key away', () => {
    const values = {
      text: 'a "b"\n\\ \u007F é',
      list: [1, 'x', { y: true }],
      gone: null,
      'odd key': 1.5,
      below: { deep: { x: false } },
    };
    const text = editTable('[acme]\ngone = 1\n', ['acme'], values);
    const { gone: _, ...rest } = values;
    expect(JSON.parse(JSON.stringify(parse(text)['acme']))).toEqual(rest);
    expect(parse(editTable(text, ['acme'], { below: { deep: { x: true } } }))['acme']).toMatchObject({
      below: { deep: { x: true } },
      'odd key': 1.5,
    });
  });

  it('that has no keys is there all the same', () => {
    expect(editTable('a = 1', ['docker'], {})).toBe('a = 1\n\n[docker]\n');
    expect(editTable('[docker]\nx = 1\n', ['docker'], {})).toBe('[docker]\nx = 1\n');
  });

  it('refuses what TOML has not', () => {
    expect(() => editTable('', ['acme'], { x: [null] })).toThrow('cannot be written as TOML');
    expect(() => editTable('acme = { x = 1 }\n', ['acme'], { y: 1 })).toThrow();
  });
});

describe('answers from a file', () => {
  const host = new HostFolder();
  const read = (text: string, mode = 0o600) => readAnswersFile(host.write('answers.toml', text, mode));

  it('are read; a misspelt key, another type and a file that others may read are refused', () => {
    expect(read('dashboard_url = "wss://h/"\n[plugins.docker]\nsocket = "/run/docker.sock"\n')).toEqual({
      dashboard_url: 'wss://h/',
      plugins: { docker: { socket: '/run/docker.sock' } },
    });
    expect(refusal(() => read('dashbord_url = "x"'))).toContain('did you mean "dashboard_url"?');
    expect(refusal(() => read('pulse_token = 1'))).toContain('pulse_token is no text');
    expect(refusal(() => read('plugins = 1'))).toContain('plugins is no table');
    expect(refusal(() => read('x = '))).toContain('line 1 is no TOML');
    expect(refusal(() => read('', 0o644))).toContain('everybody may read this secret');
  });
});

describe('the services of a compose file', () => {
  it('are those right below services', () => {
    expect(
      servicesIn(
        'version: "3"\nservices:\n  # first\n  web:\n    image: x\n    ports:\n      - 1\n  "db":\n    image: y\nvolumes:\n  data:\n',
      ),
    ).toEqual(['web', 'db']);
    expect(servicesIn('services: {}\n')).toEqual([]);
    expect(servicesIn('')).toEqual([]);
  });
});

describe('stormpulse NAME init', () => {
  const commands = ['run', 'plugins', 'signoff', 'init'];
  it.each([
    [
      ['docker', 'init', '--dry-run'],
      ['init', 'docker', '--dry-run'],
    ],
    [
      ['signoff', 'init'],
      ['init', 'signoff'],
    ],
    [
      ['signoff', 'status'],
      ['signoff', 'status'],
    ],
    [
      ['run', 'init'],
      ['run', 'init'],
    ],
    [
      ['plugins', 'init'],
      ['plugins', 'init'],
    ],
    [['init'], ['init']],
    [
      ['init', 'init'],
      ['init', 'init'],
    ],
    [
      ['-x', 'init'],
      ['-x', 'init'],
    ],
  ])('%o is %o', (args, read) => expect(withPluginInit(args, commands)).toEqual(read));
});
