// SEC-114: what an operator's pattern costs when it is checked at load, and a hub's value when it is checked by one.
import { PARAM_KINDS, checkText } from '@stormpulse/plugin-api';
import { policyFor } from '@stormpulse/plugin-custom-commands/language';
import { median } from '../sampling.mjs';

const CAPS = [256, 4_096];
const PATTERNS = [
  '(a+)+',
  '(a|a)*b',
  '(a|aa)+',
  '([a-z]+)*[0-9]',
  '(x+x+)+y',
  '(([a-z])+.)+[A-Z]([a-z])+',
  '(.*)*',
  '.*.*.*.*=.*',
  '[a-z]*[a-z]*[a-z]*[a-z]*[0-9]',
  '(a{1,100}){1,100}',
  '(?:a?){200}a{200}',
  '(?:(?:(?:a{1,9}){1,9}){1,9}){1,9}',
  '[a-z0-9]+(?:[-._][a-z0-9]+)*@[a-z0-9]+(?:[-.][a-z0-9]+)*',
  '(?:[^/]+/)*[^/]+',
  `${'(?:'.repeat(200)}a${')*'.repeat(200)}`,
  Array.from({ length: 2_000 }, (_, index) => `a${index}`).join('|'),
  `[${'a-z'.repeat(5_000)}]+`,
  'a?'.repeat(5_000),
  '('.repeat(100_000),
];
const UNITS = ['a', 'ab', 'x', 'a.', 'a-', '/a', '1', 'aA', '-', '\u00e9', '\u{1F600}'];

/** The slowest single check of each sort in milliseconds, and what it was: medians of `repeats`. */
export function measurePatterns(repeats) {
  const rules = CAPS.flatMap((max_chars) => PATTERNS.map((pattern) => ({ pattern, max_chars })));
  const loads = rules.map((rule) => ({ what: shown(rule), ms: cost(repeats, () => policyFor(rule)) }));
  const taken = rules.flatMap((rule) => {
    const result = policyFor(rule);
    return result.ok ? [{ what: shown(rule), policy: result.policy }] : [];
  });
  const kinds = Object.entries(PARAM_KINDS).map(([what, policy]) => ({ what, policy }));
  const checks = [...taken, ...kinds].flatMap(({ what, policy }) =>
    valuesFor(policy).map((value) => ({ what, ms: cost(repeats, () => checkText(policy, value)) })),
  );
  return { load: slowest(loads), check: slowest(checks) };
}

/** Texts that nearly match at the cap, and one that is far beyond it. */
function valuesFor({ maxChars }) {
  const full = UNITS.map((unit) => unit.repeat(Math.ceil(maxChars / unit.length)).slice(0, maxChars - 1));
  return [...full, ...full.map((text) => `${text}!`), 'a'.repeat(1_000_000)];
}

function cost(repeats, work) {
  const times = Array.from({ length: repeats }, () => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
  return median(times);
}

function slowest(readings) {
  return readings.reduce((worst, reading) => (reading.ms > worst.ms ? reading : worst));
}

function shown({ pattern, max_chars }) {
  return `${pattern.length > 40 ? `${pattern.slice(0, 40)}… (${pattern.length})` : pattern}, ${max_chars} characters`;
}
