import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resolveCommand } from './index.ts';
import type { ResolvableParam, ResolveOptions } from './index.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../test/vectors/${name}`, import.meta.url), 'utf8'));

interface ArgvCase {
  readonly id: string;
  readonly title: string;
  readonly template: readonly string[];
  readonly params: Readonly<Record<string, { readonly pattern: string; readonly default?: string }>>;
  readonly config: Readonly<Record<string, string>>;
  readonly runtime_params: Readonly<Record<string, unknown>>;
  readonly verdict: string;
  readonly reason?: string;
  readonly argv?: readonly string[];
}

interface ResolutionCase {
  readonly id: string;
  readonly template: readonly string[];
  readonly params: Readonly<Record<string, ResolvableParam>>;
  readonly project: Readonly<Record<string, string | null>>;
  readonly runtime_params: Readonly<Record<string, unknown>>;
  readonly validated?: unknown;
  readonly argv?: readonly string[];
  readonly outcome: string;
  readonly hardened?: string;
}

const { argv_cases: argvCases } = read('hostile-params.json') as { readonly argv_cases: readonly ArgvCase[] };
const { command_resolution: resolutions } = read('messages.json') as { readonly command_resolution: readonly ResolutionCase[] };

describe('SEC-100 SEC-102 SEC-103 SEC-104 argv', () => {
  it.each(argvCases)('$id: $title', (test) => {
    const params = Object.entries(test.params).map(([name, { pattern: kind, ...rest }]) => [name, { kind, ...rest }] as const);
    const result = resolveCommand({
      template: test.template,
      params: Object.fromEntries(params),
      project: test.config,
      runtimeParams: test.runtime_params,
      dialect: 'hardened',
    });
    const expected =
      test.verdict === 'accept' ? { outcome: 'ok', argv: test.argv } : { outcome: 'validation_failed', reason: test.reason };
    expect(result).toMatchObject(expected);
  });
});

const optionsOf = (test: ResolutionCase, dialect: ResolveOptions['dialect']): ResolveOptions => ({
  template: test.template,
  params: test.params,
  project: test.project,
  runtimeParams: test.runtime_params,
  dialect,
  rules: 'expansion',
});

describe('F20 command resolution', () => {
  it.each(resolutions)('$id as protocol v1 answers: $outcome', (test) => {
    const result = resolveCommand(optionsOf(test, 'reference'));
    expect(result.outcome).toBe(test.outcome);
    if (result.outcome === 'ok') expect(result).toEqual({ outcome: 'ok', argv: test.argv, validated: test.validated });
  });

  it.each(resolutions)('$id hardened: $hardened', (test) => {
    const result = resolveCommand(optionsOf(test, 'hardened'));
    expect(result.outcome).toBe(test.hardened ?? test.outcome);
    if (result.outcome === 'ok') expect(result).toEqual({ outcome: 'ok', argv: test.argv, validated: test.validated });
  });
});

describe('values', () => {
  const base = { project: { env_file: null }, dialect: 'hardened' } as const;

  it('F16 SEC-102 are placed literally', () => {
    const params = { t: { pattern: '[^;]*', allow_empty: true } };
    expect(
      resolveCommand({ ...base, template: ['/bin/x', '{t}'], params, runtimeParams: { t: '${HOME} {env_file}' } }),
    ).toMatchObject({
      argv: ['/bin/x', '${HOME} {env_file}'],
    });
  });

  it('an empty value of a request takes no option away, an empty local one does', () => {
    const params = { t: { pattern: '[a-z]*', allow_empty: true } };
    const template = ['/bin/x', '--a', '{t}', '--b', '{env_file}'];
    expect(resolveCommand({ ...base, template, params, runtimeParams: { t: '' } })).toMatchObject({
      argv: ['/bin/x', '--a', ''],
    });
  });

  it('F17 SEC-116 a secret is not quoted in the refusal', () => {
    const params = { api_token: { pattern: '[0-9]+', secret: true } };
    const result = resolveCommand({
      ...base,
      rules: 'expansion',
      template: ['/bin/x', '{api_token}'],
      params,
      runtimeParams: { api_token: 'canary' },
    });
    expect(result).toMatchObject({ outcome: 'validation_failed', reason: 'pattern_mismatch' });
    expect(JSON.stringify(result)).not.toContain('canary');
  });

  it('F12 SEC-111 a missing value and an over-long one are answers', () => {
    const params = { t: { max_bytes: 4_096 } };
    const resolve = (runtimeParams: Record<string, string>): unknown =>
      resolveCommand({ ...base, template: ['/bin/x', '{t}'], params, runtimeParams });
    expect(resolve({})).toMatchObject({ outcome: 'validation_failed', reason: 'missing_param' });
    expect(resolve({ t: 'x'.repeat(4_097) })).toMatchObject({ reason: 'too_long' });
    expect(resolve({ t: 'é'.repeat(2_049) })).toMatchObject({ reason: 'too_long' });
    expect(resolve({ t: 'é'.repeat(2_048) })).toMatchObject({ outcome: 'ok' });
  });
});
