import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemWithDescription, problemWithName } from './answers.ts';
import { renderProject } from './render.ts';

const VERSION = '0.1.0';
const ANSWERS = { name: 'disk-watch', description: 'Watches disks.' };

describe('npm create @stormpulse/plugin', () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'create-plugin-'));
    folder = join(root, 'new');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const all = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

  it('writes a whole project, with nothing left to fill in', () => {
    renderProject({ ...ANSWERS, folder }, VERSION);
    expect(all()).toEqual(
      expect.arrayContaining([
        '.github/workflows/check.yml',
        '.github/workflows/release.yml',
        '.gitignore',
        '.npmrc',
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'THIRD-PARTY.md',
        'config.example.toml',
        'manifest.json',
        'package.json',
        'src/index.ts',
        'test/conformance.test.ts',
        'tsconfig.json',
      ]),
    );
    const files = all().filter((name) => /\.(?:ts|json|md|toml|yml)$/u.test(name));
    for (const name of files.filter((file) => !file.endsWith('.yml'))) expect(text(name)).not.toMatch(/\{\{|\}\}/u);
    expect(JSON.parse(text('package.json'))).toMatchObject({
      name: 'stormpulse-plugin-disk-watch',
      description: 'Watches disks.',
      devDependencies: { '@stormpulse/sdk': '0.1.0' },
    });
    expect(JSON.parse(text('manifest.json'))).toMatchObject({ name: 'disk-watch', description: 'Watches disks.' });
    expect(text('src/index.ts')).toContain("name: 'disk-watch'");
  });

  it('writes over nothing', () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine'), 'mine');
    expect(() => renderProject({ ...ANSWERS, folder }, VERSION)).toThrow(/is there already and is not empty/u);
    expect(all()).toEqual(['mine']);
  });

  it('takes packed packages from a folder, and says when the SDK is not there', () => {
    const packages = join(root, 'packed');
    mkdirSync(packages);
    writeFileSync(join(packages, 'stormpulse-agent-0.1.0.tgz'), '');
    expect(() => renderProject({ ...ANSWERS, folder, packages }, VERSION)).toThrow(/no stormpulse-sdk-VERSION\.tgz/u);
    rmSync(folder, { recursive: true });
    for (const name of ['sdk', 'plugin-api', 'testing']) writeFileSync(join(packages, `stormpulse-${name}-0.1.0.tgz`), '');
    renderProject({ ...ANSWERS, folder, packages }, VERSION);
    const pkg = JSON.parse(text('package.json')) as { devDependencies: Record<string, string> };
    expect(pkg.devDependencies).toMatchObject({
      '@stormpulse/sdk': 'file:../packed/stormpulse-sdk-0.1.0.tgz',
      '@stormpulse/plugin-api': 'file:../packed/stormpulse-plugin-api-0.1.0.tgz',
      '@stormpulse/agent': 'file:../packed/stormpulse-agent-0.1.0.tgz',
    });
    // What the folder has not, no registry is asked for.
    expect(pkg.devDependencies).not.toHaveProperty('@stormpulse/hub');
  });

  it.each(['A', 'a', 'Disk', '1disk', 'disk_watch', '-disk', 'x'.repeat(33), 'docker', 'updater', 'hub', 'metrics', 'agent', ''])(
    'takes no plugin named %j',
    (name) => {
      expect(problemWithName(name)).toMatch(/name/u);
    },
  );

  it.each(['', "it's", 'two\nlines', '${x}', 'a|b', 'x'.repeat(201)])('takes no description like %j', (description) => {
    expect(problemWithDescription(description)).toMatch(/one line/u);
  });

  it('asks nothing where nobody can answer, and says what is missing', () => {
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { cwd: root, encoding: 'utf8', input: '' });
    expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining('give the name of the plugin') });
    expect(run('Bad Name')).toMatchObject({ status: 1, stderr: expect.stringContaining('a name is 2 to 32') });
    expect(run('disk-watch')).toMatchObject({ status: 0, stdout: expect.stringContaining('npm test') });
    expect(existsSync(join(root, 'stormpulse-plugin-disk-watch', 'package.json'))).toBe(true);
  });
});
