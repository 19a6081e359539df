import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The set-up's own: told of, and no part of what a plan changes. */
const OWN = 'etc/setup';

let root: string;
/** In one file it starts in half the time, and it is started a hundred times. */
let program: string;
let before: string;
let after: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'crash-'));
  program = join(root, 'crashing-setup.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'crashing-setup.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  const fresh = join(root, 'fresh');
  mkdirSync(join(fresh, 'etc'), { recursive: true, mode: 0o700 });
  mkdirSync(join(fresh, 'ran'));
  writeFileSync(join(fresh, 'etc/stormpulse.toml'), 'pulse_token = "x"\n', { mode: 0o600 });
  writeFileSync(join(fresh, 'etc/there'), 'as it was\n', { mode: 0o644 });
  writeFileSync(join(fresh, 'unit.json'), '{"enabled":false,"active":false}');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function host(name: string): string {
  const folder = join(root, name);
  cpSync(join(root, 'fresh'), folder, { recursive: true, preserveTimestamps: true });
  return folder;
}

function child(folder: string, what: 'apply' | 'recover', killAt = 0) {
  const { signal, stdout, stderr } = spawnSync(process.execPath, [program, folder, what, String(killAt)], { encoding: 'utf8' });
  if (signal !== null) return { signal, changes: 0, status: 'killed' };
  if (stdout === '') throw new Error(stderr);
  return { signal, ...(JSON.parse(stdout) as { readonly changes: number; readonly status: string }) };
}

/** Every file and folder with its mode and content. */
function snapshot(folder: string): string {
  const lines: string[] = [];
  const visit = (path: string): void => {
    const name = relative(folder, path);
    if (name === OWN) return;
    const stat = statSync(path);
    lines.push(`${name} ${(stat.mode & 0o7777).toString(8)} ${stat.isDirectory() ? '' : readFileSync(path, 'utf8')}`);
    if (stat.isDirectory()) for (const entry of readdirSync(path).toSorted()) visit(join(path, entry));
  };
  visit(folder);
  return lines.join('\n');
}

/** What the set-up left of itself, but for its receipts. */
function leftOf(folder: string): readonly string[] {
  return existsSync(join(folder, OWN)) ? readdirSync(join(folder, OWN)).filter((name) => name !== 'receipts.jsonl') : [];
}

describe('W21: a set-up of five steps that is killed before any change it makes', () => {
  it('ends with all or nothing at the next run, and can then be carried out', () => {
    const whole = host('whole');
    before = snapshot(whole);
    const { changes, status } = child(whole, 'apply');
    after = snapshot(whole);
    expect([status, after === before]).toEqual(['committed', false]);
    const ends = new Set<string>();
    for (let at = 1; at <= changes; at += 1) {
      const folder = host(`killed-${at}`);
      expect(child(folder, 'apply', at).signal, `change ${at}`).toBe('SIGKILL');
      // Taking back is cut off as well, somewhere.
      if (at % 3 === 0 && existsSync(join(folder, OWN, 'journal.jsonl'))) child(folder, 'recover', 1 + (at % 13));
      child(folder, 'recover');
      const found = snapshot(folder);
      expect([before, after], `killed before change ${at}: neither all nor nothing`).toContain(found);
      ends.add(found === before ? 'nothing' : 'all');
      // Neither a journal nor a lock, or what the killed one wrote to take it.
      expect(leftOf(folder), `left of change ${at}`).toEqual([]);
      if (at % 8 === 0) {
        child(folder, 'apply');
        expect(snapshot(folder), `carried out after change ${at}`).toBe(after);
      }
      rmSync(folder, { recursive: true });
    }
    // Before the first step and after the last one were among them.
    expect(ends).toEqual(new Set(['nothing', 'all']));
  }, 600_000);
});
