import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Dialect } from '@stormpulse/protocol';
import { runDirectory } from './run-directory.ts';

const VECTORS = join(import.meta.dirname, '../../vectors');
const FILES = ['signing.json', 'envelopes.json', 'messages.json', 'hostile-params.json'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectors-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly good: boolean;
  readonly lines: readonly string[];
}

async function run(directory: string, dialect: Dialect): Promise<Run> {
  const lines: string[] = [];
  const good = await runDirectory(directory, dialect, (line) => lines.push(line));
  return { good, lines };
}

type Json = Record<string, unknown>;

/** Puts one section of one file into the folder, one of its cases changed. */
async function change(file: string, sectionName: string, id: string, edit: (vector: Json) => void): Promise<void> {
  const all = JSON.parse(await readFile(join(VECTORS, file), 'utf8')) as Json;
  const list = all[sectionName] as Json[];
  const vector = list.find((entry, index) => (entry['id'] ?? String(index)) === id);
  if (vector === undefined) throw new Error(`no ${sectionName}/${id}`);
  edit(vector);
  const rest = Object.entries(all).filter(([, value]) => !Array.isArray(value));
  await writeFile(join(folder, file), JSON.stringify({ ...Object.fromEntries(rest), [sectionName]: list }));
}

describe.each<Dialect>(['hardened', 'reference'])('%s', (dialect) => {
  test('A13, B1, F20: every vector passes, a line a file, the total last', async () => {
    const { good, lines } = await run(VECTORS, dialect);
    expect(lines.filter((line) => !/^[\w-]+\.json: [1-9]\d* passed, 0 failed$/.test(line)).slice(0, -1)).toEqual([]);
    expect(lines).toHaveLength(FILES.length + 1);
    expect(lines.at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/);
    expect(good).toBe(true);
  }, 120_000);
});

const at = (list: unknown, index: number): Json => (list as Json[]).at(index) as Json;

const flip = (text: unknown): string => `${String(text).slice(0, -1)}${String(text).endsWith('0') ? '1' : '0'}`;

describe('one wrong value in a file is found and named', () => {
  test.each<[string, string, string, Dialect, (vector: Json) => void]>([
    ['signing.json', 'cases', 'req-005', 'hardened', (v) => (v['hmac'] = flip(v['hmac']))],
    ['signing.json', 'cases', 'req-007', 'hardened', (v) => (v['params_canonical'] = 'x')],
    ['signing.json', 'cases', 'seq-001', 'reference', (v) => (v['canonical'] = `${String(v['canonical'])}\n`)],
    ['signing.json', 'timestamps', 'ts-030', 'hardened', (v) => (v['ts_strict'] = true)],
    ['signing.json', 'timestamps', 'ts-030', 'reference', (v) => (v['ts_canonical'] = '2026-02-21T12:00:00+05:60')],
    ['signing.json', 'timestamps', 'ts-042', 'hardened', (v) => (v['error_kind'] = 'ts_invalid')],
    ['signing.json', 'collisions', 'col-03', 'hardened', (v) => (v['hardened_should_refuse'] = 'a')],
    ['signing.json', 'collisions', 'col-11', 'reference', (v) => (v['canonical'] = 'x')],
    ['signing.json', 'ambiguity', 'una-05', 'hardened', (v) => (v['hardened'] = 'accept')],
    ['signing.json', 'secret_files', 'sec-07', 'hardened', (v) => (v['loaded_b64'] = 'YWJj')],
    ['signing.json', 'secret_files', 'sec-09', 'reference', (v) => (v['error_reason'] = 'secret_missing')],
    ['envelopes.json', 'cases', 'v-1.0', 'hardened', (v) => delete v['hardened']],
    ['envelopes.json', 'cases', 'v-1.0', 'reference', (v) => (v['accept'] = false)],
    ['envelopes.json', 'cases', 'payload-deep', 'hardened', (v) => (v['normalized'] = {})],
    ['envelopes.json', 'cases', 'bytes-invalid-utf8', 'reference', (v) => (v['error_class'] = 'ProtocolError')],
    ['envelopes.json', 'cases', 'json-dup-payload', 'hardened', (v) => (v['hardened'] = 'refuse')],
    ['envelopes.json', 'generated', 'gen-huge-int', 'hardened', (v) => (v['accept'] = true)],
    ['envelopes.json', 'payloads', 'pl-prog-min', 'hardened', (v) => ((v['parsed'] as Json)['message'] = null)],
    ['messages.json', 'messages', 'result-exit_code', 'hardened', (v) => ((v['inputs'] as Json)['exit_code'] = 3)],
    [
      'messages.json',
      'messages',
      'metrics-full',
      'reference',
      (v) => (v['wire'] = String(v['wire']).replace('b\\u00fccket', 'bücket')),
    ],
    ['messages.json', 'messages', 'heartbeat', 'hardened', (v) => ((v['envelope'] as Json)['agent_id'] = 'node-8')],
    ['messages.json', 'event_buffer', 'requeue-two', 'hardened', (v) => delete v['hardened']],
    ['messages.json', 'event_buffer', 'requeue-one', 'reference', (v) => (at(v['steps'], 3)['result'] = 1)],
    ['messages.json', 'command_resolution', 'default', 'hardened', (v) => (v['argv'] = ['/bin/echo'])],
    ['messages.json', 'command_resolution', 'numeric-value', 'reference', (v) => (v['outcome'] = 'ok')],
    ['messages.json', 'display_path', '5', 'hardened', (v) => (v['shown'] = 'caddy/Caddyfile')],
    ['messages.json', 'unsealed_duration', '6', 'hardened', (v) => (v['text'] = '1h')],
    ['messages.json', 'version_probe', '4', 'hardened', (v) => (v['version'] = '0')],
    ['messages.json', 'containers', 'numbers', 'reference', (v) => (v['containers'] = [])],
    ['messages.json', 'digests', '10', 'hardened', (v) => (v['digest'] = flip(v['digest']))],
    ['messages.json', 'non_secret_params', '0', 'hardened', (v) => (v['kept'] = {})],
    ['messages.json', 'job_event_context', '2', 'hardened', (v) => (v['context'] = {})],
    ['hostile-params.json', 'param_cases', 'HP-011', 'hardened', (v) => (v['reason'] = 'empty')],
    ['hostile-params.json', 'param_cases', 'HP-011', 'reference', (v) => (v['reference_regex_matches'] = false)],
    ['hostile-params.json', 'canonical_cases', 'HP-C08', 'hardened', (v) => (v['verdict'] = 'accept')],
    ['hostile-params.json', 'canonical_cases', 'HP-C11', 'reference', (v) => (v['canonical_params'] = '')],
    ['hostile-params.json', 'argv_cases', 'HP-A18', 'hardened', (v) => (v['reason'] = 'bad_template')],
    ['hostile-params.json', 'argv_cases', 'HP-A19', 'hardened', (v) => (v['argv'] = [])],
    ['hostile-params.json', 'regex_cases', 'HP-R03', 'hardened', (v) => (v['js_source'] = '^true|false$')],
    ['hostile-params.json', 'regex_cases', 'HP-R03', 'reference', (v) => (at(v['samples'], 2)['match'] = true)],
    ['hostile-params.json', 'regex_cases', 'HP-R54', 'hardened', (v) => (v['action'] = 'accept')],
  ])('%s %s/%s %s', async (file, sectionName, id, dialect, edit) => {
    await change(file, sectionName, id, edit);
    const { good, lines } = await run(folder, dialect);
    expect(good).toBe(false);
    expect(lines[0]).toMatch(new RegExp(`^${file}: \\d+ passed, 1 failed$`));
    expect(lines[1]).toMatch(new RegExp(`^  ${sectionName}/${id.replaceAll('.', '\\.')}: .*expected|should be`));
    expect(lines.at(-1)).toMatch(/^\d+ passed, 1 failed$/);
  });

  test.each<[Dialect, (step: Json) => void]>([
    ['hardened', (step) => (step['reason'] = 'too_old')],
    ['reference', (step) => (step['upstream'] = 'accept')],
  ])('a step of a verification, %s', async (dialect, edit) => {
    await change('signing.json', 'verify', 'v-replay', (scenario) => edit(at(scenario['steps'], 1)));
    const { good, lines } = await run(folder, dialect);
    expect(good).toBe(false);
    expect(lines[1]).toMatch(/^ {2}verify\/v-replay\[1\]: /);
  });

  test.each(['HP-F02', 'HP-F04', 'HP-F06'])('a file case, %s', async (id) => {
    await change('hostile-params.json', 'fs_cases', id, (vector) => (vector['reason'] = 'path_traversal'));
    const path = join(folder, 'hostile-params.json');
    const all = JSON.parse(await readFile(path, 'utf8')) as { fs_cases: Json[] };
    await writeFile(path, JSON.stringify({ fs_cases: all.fs_cases.filter((vector) => vector['id'] === id) }));
    const { good, lines } = await run(folder, 'hardened');
    expect(good).toBe(false);
    expect(lines[1]).toContain(`fs_cases/${id}: verdict: expected "path_traversal"`);
  });

  test('a changed manifest', async () => {
    const all = JSON.parse(await readFile(join(VECTORS, 'messages.json'), 'utf8')) as Json;
    Object.assign((all['manifest'] as Json)['site_reload'] as Json, { timeout: 31 });
    await writeFile(join(folder, 'messages.json'), JSON.stringify(all));
    const { good, lines } = await run(folder, 'hardened');
    expect(good).toBe(false);
    expect(lines[1]).toContain('manifest/');
  });
});

describe('what is no vector file', () => {
  test('an unknown file is named and skipped', async () => {
    await cp(join(VECTORS, 'envelopes.json'), join(folder, 'envelopes.json'));
    await writeFile(join(folder, 'novel.json'), '{"cases":[{"id":"x"}]}');
    await writeFile(join(folder, 'notes.txt'), 'not looked at');
    const { good, lines } = await run(folder, 'hardened');
    expect(good).toBe(true);
    expect(lines.filter((line) => line.startsWith('novel.json: skipped'))).toHaveLength(1);
    expect(lines.join()).not.toContain('notes');
  });

  test('only unknown files, or none at all, is a failure', async () => {
    expect(await run(folder, 'hardened')).toMatchObject({ good: false });
    await writeFile(join(folder, 'novel.json'), '{}');
    const { good, lines } = await run(folder, 'hardened');
    expect(good).toBe(false);
    expect(lines.at(-1)).toBe('0 passed, 0 failed');
  });

  test.each(FILES)('%s without a case is a failure', async (file) => {
    await cp(join(VECTORS, 'envelopes.json'), join(folder, 'envelopes.json'));
    await writeFile(join(folder, file), '{"format":1}');
    const { good, lines } = await run(folder, 'hardened');
    expect(good).toBe(false);
    expect(lines).toContain(`${file}: 0 passed, 0 failed`);
  });

  test.each(['', 'not json', '[]', '{"cases":{}}', '{"cases":[1]}', '{"cases":[{"id":"x"}]}'])(
    'a known file with %j fails',
    async (content) => {
      await writeFile(join(folder, 'signing.json'), content);
      const { good, lines } = await run(folder, 'hardened');
      expect(good).toBe(false);
      expect(lines[0]).toBe('signing.json: 0 passed, 1 failed');
    },
  );
});
