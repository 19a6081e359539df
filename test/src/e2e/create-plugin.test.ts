import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const CREATE = join(ROOT, 'packages/create-plugin/dist/main.js');

// A compiler, a bundler, tests and checks, one after the other, on machines that are busy.
describe('a plugin that npm create made', { timeout: 300_000 }, () => {
  let folder: string;
  beforeAll(() => {
    const root = mkdtempSync(join(tmpdir(), 'created-'));
    folder = join(root, 'plugin');
    run(root, CREATE, 'disk-watch', '--yes', '--folder', folder);
    // What npm install brings, as this repository has it.
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  const run = (cwd: string, script: string, ...args: string[]): string =>
    execFileSync(process.execPath, [script, ...args], { cwd, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: cwd } });
  const tool = (name: string, ...args: string[]): string => run(folder, join(ROOT, 'node_modules', name), ...args);
  const pluginTool = (...args: string[]): string => run(folder, join(ROOT, 'packages/testing/dist/cli/main.js'), ...args);

  it('builds, has nothing to lint, and passes its tests and the conformance checks', () => {
    const env = { PATH: process.env['PATH'], HOME: folder, npm_config_update_notifier: 'false' };
    execFileSync('npm', ['run', 'build'], { cwd: folder, env });
    expect(text('dist/index.js')).not.toMatch(/^import .* from "(?!node:)/mu);
    expect(tool('oxlint/bin/oxlint', '--deny-warnings', 'src', 'test')).toContain('0 warnings and 0 errors');
    expect(tool('vitest/vitest.mjs', 'run', '--reporter=json')).toContain('"success":true');
    expect(pluginTool('check')).toMatch(/^18 passed, 0 failed$/mu);
    expect(pluginTool('check', '--isolation', 'process')).toMatch(/^15 passed, 0 failed$/mu);
  });

  it('has the documents that its own tool would write; a difference is found', () => {
    const before = [text('manifest.json'), text('README.md')];
    pluginTool('docs');
    expect([text('manifest.json'), text('README.md')]).toEqual(before);
    writeFileSync(join(folder, 'README.md'), text('README.md').replace('Greet somebody', 'Greet nobody'));
    expect(() => pluginTool('check')).toThrow(/Command failed/u);
    pluginTool('docs');
    expect(text('README.md')).toBe(before[1]);
  });

  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
});
