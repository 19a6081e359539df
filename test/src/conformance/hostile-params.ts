import { canonicalParams, checkParams } from '@stormpulse/protocol';
import type { Dialect } from '@stormpulse/protocol';
import { checkText, isParamKind, PARAM_KINDS } from '@stormpulse/plugin-api';
import { resolveCommand, translatePattern } from '@stormpulse/plugin-custom-commands/language';
import { expectSame, fail } from './cases.ts';
import type { Cases, Format } from './cases.ts';
import { checkFileCase } from './file-case.ts';
import { checkPattern, matchesInReference } from './pattern-case.ts';
import { caseId, isVector, number, plain, section, text } from './vectors.ts';
import type { Vector, Vectors } from './vectors.ts';

/**
 * `hostile-params.json`: parameter values, canonical texts, argv, files and patterns. Its verdicts are hardened ones; for the
 * reference there are the bare patterns, the canonical texts and the samples that were not narrowed.
 */
export const checkHostileParams: Format = async (vectors, dialect, cases) => {
  const patterns = isVector(vectors['patterns']) ? vectors['patterns'] : {};
  for (const [name, pattern] of Object.entries(patterns)) {
    await cases.check(`patterns/${name}`, () => checkKind(name, pattern as Vector, dialect));
  }
  await each('param_cases', vectors, cases, {
    applies: (vector) => dialect === 'hardened' || vector['reference_regex_matches'] !== undefined,
    check: (vector) => {
      if (dialect === 'hardened') checkValue(vector);
      if (vector['reference_regex_matches'] !== undefined) checkBarePattern(vector, patterns);
    },
  });
  await each('canonical_cases', vectors, cases, {
    applies: (vector) => dialect === 'hardened' || typeof vector['canonical_params'] === 'string',
    check: (vector) => checkCanonical(vector, dialect),
  });
  await each('argv_cases', vectors, cases, { applies: () => dialect === 'hardened', check: checkArgv });
  await each('fs_cases', vectors, cases, { applies: () => dialect === 'hardened', check: checkFileCase });
  await each('regex_cases', vectors, cases, {
    applies: (vector) => dialect === 'hardened' || (vector['action'] !== 'refuse' && vector['narrowed'] !== true),
    check: (vector) => checkPattern(vector, dialect),
  });
};

interface SectionCheck {
  readonly applies: (vector: Vector) => boolean;
  readonly check: (vector: Vector) => Promise<void> | void;
}

async function each(name: string, vectors: Vectors, cases: Cases, { applies, check }: SectionCheck): Promise<void> {
  for (const [index, vector] of section(vectors, name).entries()) {
    if (applies(vector)) await cases.check(caseId(name, vector, index), () => check(vector));
  }
}

/** The kind of that name is the one the file describes. */
function checkKind(name: string, pattern: Vector, dialect: Dialect): void {
  if (dialect === 'reference')
    return expectSame('compiles', translatePattern(text(pattern, 'python_pattern'), { dialect }).ok, true);
  if (!isParamKind(name)) return fail('there is no kind of this name');
  const { source, maxChars, maxBytes, guards, min, max } = PARAM_KINDS[name];
  expectSame(
    'kind',
    { source, maxChars, maxBytes, guards: [...guards].sort(), min, max },
    {
      source: pattern['js_source'],
      maxChars: pattern['max_chars'],
      maxBytes: pattern['max_bytes'],
      guards: [...(pattern['guards'] as string[])].sort(),
      min: pattern['min'],
      max: pattern['max'],
    },
  );
  expectSame('flags', 'u', pattern['js_flags']);
  const translation = translatePattern(text(pattern, 'python_pattern'), { maxChars: maxChars });
  expectSame('translated', translation.ok ? translation.source : translation.problem, pattern['js_source']);
}

function valueOf(vector: Vector): unknown {
  if (Array.isArray(vector['value_utf16'])) return String.fromCharCode(...(plain(vector['value_utf16']) as number[]));
  const repeat = vector['value_repeat'];
  if (!isVector(repeat)) return vector['value'];
  return text(repeat, 'prefix') + text(repeat, 'unit').repeat(number(repeat, 'count')) + text(repeat, 'suffix');
}

function checkValue(vector: Vector): void {
  const kind = text(vector, 'pattern');
  if (!isParamKind(kind)) return fail(`there is no kind ${kind}`);
  expectVerdict(vector, checkText(PARAM_KINDS[kind], valueOf(vector)));
}

/** What the bare pattern says about the whole value, in Python. */
function checkBarePattern(vector: Vector, patterns: Vector): void {
  const pattern = patterns[text(vector, 'pattern')];
  const value = valueOf(vector);
  if (!isVector(pattern) || typeof value !== 'string') return fail('no pattern to compare with');
  expectSame(
    'reference_regex_matches',
    matchesInReference(text(pattern, 'python_pattern'), value),
    vector['reference_regex_matches'],
  );
}

function expectVerdict(vector: Vector, reason: string | undefined): void {
  expectSame('verdict', reason === undefined ? 'accept' : `reject (${reason})`, verdictOf(vector));
}

function verdictOf(vector: Vector): string {
  return vector['verdict'] === 'reject' ? `reject (${String(vector['reason'])})` : text(vector, 'verdict');
}

function checkCanonical(vector: Vector, dialect: Dialect): void {
  const params = vector['params'] as Readonly<Record<string, unknown>>;
  if (typeof vector['canonical_params'] === 'string') {
    expectSame('canonical_params', canonicalParams(params as Record<string, string>), vector['canonical_params']);
  }
  if (dialect === 'hardened') expectVerdict(vector, checkParams(vector['declared'] as string[], params));
}

function checkArgv(vector: Vector): void {
  const params = Object.entries(vector['params'] as Record<string, Vector>).map(([name, rules]) => {
    return [
      name,
      { kind: text(rules, 'pattern'), ...(rules['default'] === undefined ? {} : { default: text(rules, 'default') }) },
    ] as const;
  });
  const resolution = resolveCommand({
    template: vector['template'] as string[],
    params: Object.fromEntries(params),
    project: vector['config'] as Readonly<Record<string, string>>,
    runtimeParams: vector['runtime_params'] as Vector,
    dialect: 'hardened',
  });
  expectVerdict(
    vector,
    resolution.outcome === 'validation_failed' ? resolution.reason : resolution.outcome === 'ok' ? undefined : resolution.outcome,
  );
  if (resolution.outcome === 'ok') expectSame('argv', resolution.argv, vector['argv']);
}
