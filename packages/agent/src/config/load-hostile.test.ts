import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder, edited, lineOf } from '../../test-support/host-folder.ts';
import { refusalOf } from '../../test-support/refusal.ts';
import type { Refusal } from '../../test-support/refusal.ts';
import { loadConfig } from './load.ts';

describe('loadConfig, given what is no configuration', () => {
  let host: HostFolder;

  beforeEach(() => {
    host = new HostFolder();
  });
  afterEach(() => host.close());

  const refusal = (path = host.config): Refusal => refusalOf(() => loadConfig(path), path);
  const valid = (): string => host.validToml();

  describe('text that is no configuration', () => {
    it('is not TOML: line, column, what', () => {
      host.writeConfig(['[tls]', '[tls']);
      expect(refusal().code).toBe('E_CONFIG_REFUSED');
      expect(refusal().lines).toHaveLength(1);
      expect(refusal().message).toMatch(new RegExp(`:${lineOf(valid(), '[tls]')}: is not TOML: .+ at column \\d+$`, 'u'));
    });

    it.each([
      ['twice the same key', 'id = "a"\nid = "b"\n'],
      ['a number no computer keeps', 'a = 123456789012345678901\n'],
      ['a NUL', 'a = "\0"\n'],
      ['arrays without end', `a = ${'['.repeat(100_000)}`],
    ])('%s', (_name, text) => {
      host.write('stormpulse.toml', text);
      expect(refusal().message).toMatch(/:\d+: is not TOML/u);
    });

    it('is not UTF-8', () => {
      host.write('stormpulse.toml', Buffer.from([0x61, 0xff, 0xfe]));
      expect(refusal()).toMatchObject({ code: 'E_CONFIG_UNREADABLE', lines: [': is not UTF-8 text; save it as UTF-8'] });
    });

    it('is read with a byte order mark, and lines stay lines', () => {
      host.write('stormpulse.toml', `\uFEFF${edited(valid(), ['id = "web-1"', 'id = 7'])}`);
      expect(refusal().lines).toEqual([expect.stringMatching(/^:3: agent\.id: /u)]);
    });

    it('SEC-187 is larger than 1 MiB', () => {
      host.write('stormpulse.toml', `${valid()}#${'x'.repeat(1024 * 1024)}\n`);
      expect(refusal().code).toBe('E_CONFIG_UNREADABLE');
      expect(refusal().message).toContain('at most 1048576 are read');
    });

    it.each([
      ['tables in tables', `[weather${'.a'.repeat(20)}]\n`, 'nests too deeply; expected at most 16 levels'],
      ['a key of a thousand steps', `[weather]\n${'a.'.repeat(900)}a = 1\n`, 'nests too deeply; expected at most 16 levels'],
      ['inline tables in inline tables', `weather = ${'{ a = '.repeat(30)}1${' }'.repeat(30)}\n`, 'nests too deeply'],
      ['arrays in arrays', `weather = ${'['.repeat(30)}${']'.repeat(30)}\n`, 'nests too deeply'],
      [
        '3000 tables',
        Array.from({ length: 3_000 }, (_, at) => `[weather.t${at}]\n`).join(''),
        'one table too many; expected at most 2000 tables',
      ],
      ['a key of 200 characters', `[weather]\n${'k'.repeat(200)} = 1\n`, 'too long a key; expected at most 128 characters'],
      ['a table __proto__', '[__proto__]\nid = "x"\n', 'holds the key "__proto__"'],
      ['a key __proto__', '[weather]\n"__proto__" = { strict = false }\n', 'holds the key "__proto__"'],
    ])('SEC-187 holds %s', (_name, text, says) => {
      host.write('stormpulse.toml', text);
      expect(refusal().code).toBe('E_CONFIG_REFUSED');
      expect(refusal().lines).toEqual([expect.stringContaining(says)]);
      expect(refusal().message.length).toBeLessThan(1_500);
    });

    it.each(['constructor', 'toString', 'hasOwnProperty'])('a table named %s is a stranger like any other', (name) => {
      host.write('stormpulse.toml', `${valid()}[${name}]\nid = "x"\n[agent.${name}]\nx = 1\n`);
      expect(loadConfig(host.config).warnings).toContain(`${name}: is a table nobody claims`);
      expect(loadConfig(host.config).warnings).toContain(`agent.${name}: is not a key this agent knows`);
    });
  });

  describe('SEC-166 the file itself', () => {
    it('is not there', () => {
      expect(refusal(host.path('none.toml'))).toMatchObject({ code: 'E_CONFIG_UNREADABLE' });
      expect(refusal(host.path('none.toml')).message).toContain('is not there; check the path');
    });

    it('is a folder, or a pipe, which holds nobody up', () => {
      mkdirSync(host.path('folder'));
      expect(refusal(host.path('folder')).message).toContain('is no regular file');
      execFileSync('mkfifo', [host.path('pipe')]);
      expect(refusal(host.path('pipe')).message).toContain('is no regular file');
      expect(refusal('/dev/null').message).toContain('is no regular file');
    });

    it('is a link to a good file: read', () => {
      host.writeConfig();
      symlinkSync(host.config, host.path('link.toml'));
      expect(loadConfig(host.path('link.toml')).config.agentId).toBe('web-1');
    });

    it.each(['0620', '0602', '0666'])('may be changed by others (mode %s)', (mode) => {
      host.writeConfig();
      chmodSync(host.config, Number.parseInt(mode, 8));
      expect(refusal().lines).toEqual([
        `:1: has mode ${mode}: its group or everybody may change it; expected what only its owner can change, and a key that others cannot read; run: chmod go-w ${host.config}`,
      ]);
    });

    it('lies below a folder that others may change, unless that is sticky', () => {
      const folder = host.path('open');
      mkdirSync(join(folder, 'inner'), { recursive: true });
      const config = join(folder, 'inner', 'stormpulse.toml');
      writeFileSync(config, valid(), { mode: 0o600 });
      chmodSync(folder, 0o777);
      expect(refusal(config).lines).toEqual([expect.stringContaining(`run: chmod go-w ${folder}`)]);
      chmodSync(folder, 0o1777);
      expect(loadConfig(config).config.agentId).toBe('web-1');
    });

    it('is reached by a link into a folder that others may change', () => {
      mkdirSync(host.path('open'));
      writeFileSync(host.path('open/real.toml'), valid(), { mode: 0o600 });
      chmodSync(host.path('open'), 0o777);
      symlinkSync(host.path('open/real.toml'), host.config);
      expect(refusal().lines).toEqual([expect.stringContaining(`run: chmod go-w ${host.path('open')}`)]);
    });

    it('may be changed by others: what else is wrong with it is told all the same', () => {
      host.writeConfig(['id = "web-1"', 'id = 7']);
      chmodSync(host.config, 0o666);
      expect(refusal().lines).toEqual([
        expect.stringMatching(/^:1: has mode 0666/u),
        expect.stringContaining('agent.id: is 7; expected a string'),
      ]);
    });
  });
});
