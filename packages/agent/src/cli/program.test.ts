import { execFile } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { PROGRAM, runProgram } from '../../test-support/program.ts';
import { VERSION } from '../version.ts';

describe('stormpulse', () => {
  it('--version prints what v1 prints, and the version of the package', async () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
    expect(VERSION).toBe(manifest.version);
    expect(await runProgram(['--version'])).toMatchObject({ code: 0, stdout: `storm-pulse-agent v${VERSION}\n`, stderr: '' });
  });

  it('without a command: the list on standard error, 1', async () => {
    const { code, stdout, stderr } = await runProgram([]);
    expect([code, stdout]).toEqual([1, '']);
    for (const command of ['enroll', 'run', 'status']) expect(stderr).toMatch(new RegExp(`^  ${command} `, 'mu'));
  });

  it.each([[['--help']], [['run', '--help']], [['enroll', '-h']]])('%j explains on standard output, 0', async (args) => {
    const { code, stdout, stderr } = await runProgram(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: stormpulse');
  });

  it.each([
    [['ruhn'], "unknown command 'ruhn'"],
    [['run', '--allow-rot'], "unknown option '--allow-rot'"],
    [['run', 'a.toml', 'b.toml'], 'too many arguments'],
    [['enroll', 'https://hub.example/api/enroll/'], "missing required argument 'agent-id'"],
    [['--verbose'], "unknown option '--verbose'"],
  ])('%j: says what is wrong on standard error, 2', async (args, says) => {
    const { code, stdout, stderr } = await runProgram(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
  });

  it('a file that is not there: one line, no stack, 1', async () => {
    const { code, stdout, stderr } = await runProgram(['run', '/nonexistent/stormpulse.toml', '--allow-root']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('/nonexistent/stormpulse.toml: is not there; check the path; stormpulse enroll makes the credentials\n');
  });

  it.each([
    ['http://hub.example/api/enroll/', {}, 'would send the token unencrypted'],
    ['https://name:hunter2@hub.example/api/enroll/', {}, 'holds a name or a password'],
    ['https://hub.example/api/enroll/', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'NODE_TLS_REJECT_UNAUTHORIZED is set'],
  ])('SEC-022 SEC-032 enroll %s with %j: one line, no stack, 1', async (endpoint, env: Record<string, string>, says) => {
    const { code, stdout, stderr } = await runProgram(['enroll', endpoint, 'web-1', 'token'], { env });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(says)]);
    expect(stderr).not.toContain('hunter2');
  });

  describe('started by its first line', () => {
    let host: HostFolder;

    beforeEach(() => {
      host = new HostFolder();
    });
    afterEach(() => host.close());

    it('runs, with access to __proto__ switched off', async () => {
      const [shebang] = readFileSync(PROGRAM, 'utf8').split('\n');
      expect(shebang).toBe(
        '#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=69632 MALLOC_TRIM_THRESHOLD_=4096 MALLOC_TOP_PAD_=4096 node --disable-proto=throw --v8-pool-size=0 --max-semi-space-size=1 --no-sparkplug',
      );
      const script = host.write(
        'stormpulse.mjs',
        `${shebang}\nconsole.error(process.execArgv.join());\nawait import(${JSON.stringify(pathToFileURL(PROGRAM).href)});\n`,
      );
      chmodSync(script, 0o700);
      const { stdout, stderr } = await promisify(execFile)(script, ['--version'], {
        env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
      });
      expect(stdout).toBe(`storm-pulse-agent v${VERSION}\n`);
      expect(stderr).toBe('--disable-proto=throw,--v8-pool-size=0,--max-semi-space-size=1,--no-sparkplug\n');
      // The system reads no more than 255 bytes of it.
      expect(shebang?.length).toBeLessThan(256);
    });
  });
});
