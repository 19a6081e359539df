import { decodeParams } from '@stormpulse/sdk';
import { expandTemplate } from './expand-template.ts';
import { inspectTemplate, PROTECTED_NAMES } from './inspect-template.ts';
import type { TemplateFinding } from './inspect-template.ts';
import { policyFor } from './param-policy.ts';
import { paramsSchema } from './params-schema.ts';
import type { ParamSpec } from './params-schema.ts';
import { namesIn, parseTemplate } from './parse-template.ts';
import type { TemplateWord } from './parse-template.ts';
import type { Resolution, ResolveOptions } from './resolution.ts';
import { resolveForReference } from './resolve-for-reference.ts';

const PROGRAM_REASONS: Readonly<Partial<Record<TemplateFinding['reason'], string>>> = {
  relative_program: 'bad_template',
  program_placeholder: 'bad_template',
  program_not_normalized: 'bad_template',
  unknown_placeholder: 'bad_template',
};

/**
 * The argv that a request for a command gives, or why there is none: template, parameters, expansion, in this order (wire
 * page 8.3 and 8.4, SEC-100 to 116). Never throws. `reference` answers like a protocol v1 agent.
 */
export function resolveCommand(options: ResolveOptions): Resolution {
  if (options.dialect === 'reference') return resolveForReference(options);
  const parsed = parseTemplate(options.template);
  if (!parsed.ok) return refused('bad_template', parsed.problems[0]?.problem ?? '');
  const finding = templateFinding(parsed.words, options);
  if (finding !== undefined) return finding;
  const used = new Set(parsed.words.flatMap(namesIn));
  const specs = new Map<string, ParamSpec>();
  for (const [name, param] of Object.entries(options.params)) {
    const result = policyFor(options.rules === 'expansion' ? { ...param, allow_empty: true, allow_leading_dash: true } : param);
    if (!result.ok) return refused('bad_template', `params.${name}.${result.key} ${result.problem}`);
    const fallback = param.default ?? options.project[name] ?? undefined;
    specs.set(name, { policy: result.policy, secret: param.secret === true, ...(fallback === undefined ? {} : { fallback }) });
  }
  return fill(parsed.words, specs, used, options);
}

function templateFinding(words: readonly TemplateWord[], options: ResolveOptions): Resolution | undefined {
  const shadowed = Object.keys(options.params).find((name) => PROTECTED_NAMES.includes(name));
  if (shadowed !== undefined) return refused('protected_placeholder', `params.${shadowed} would replace local configuration`);
  const params = Object.entries(options.params).map(([name, param]) => {
    return [name, { secret: param.secret === true, leadingDash: param.allow_leading_dash === true }] as const;
  });
  const found = inspectTemplate(words, { fixed: new Set(Object.keys(options.project)), params: new Map(params) });
  const [first] = options.rules === 'expansion' ? found.filter(({ reason }) => PROGRAM_REASONS[reason] !== undefined) : found;
  return first === undefined ? undefined : refused(PROGRAM_REASONS[first.reason] ?? first.reason, first.problem);
}

function fill(
  words: readonly TemplateWord[],
  specs: ReadonlyMap<string, ParamSpec>,
  used: ReadonlySet<string>,
  options: ResolveOptions,
): Resolution {
  const decoded = decodeParams(paramsSchema(specs, used), options.runtimeParams as Readonly<Record<string, string>>);
  if (!decoded.ok) {
    const reason = decoded.refusals[0]?.reason ?? 'not_a_string';
    return refused(reason, decoded.refusals.map((refusal) => refusal.message).join('\n'));
  }
  const values = new Map(Object.entries(options.project).map(([name, value]) => [name, value ?? '']));
  for (const [name, value] of Object.entries(decoded.values)) values.set(name, String(value));
  const expansion = expandTemplate(words, values, new Set(specs.keys()));
  if (!expansion.ok) return refused('missing_param', `{${expansion.missing}} has no value`);
  return { outcome: 'ok', argv: expansion.argv, validated: specs.size === 0 ? null : ownValues(decoded.values, options) };
}

/** A value that only local configuration gave is not one of the request's. */
function ownValues(values: Readonly<Record<string, unknown>>, options: ResolveOptions): Readonly<Record<string, string>> {
  const given = Object.entries(values).filter(
    ([name]) => Object.hasOwn(options.runtimeParams, name) || typeof options.params[name]?.default === 'string',
  );
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

function refused(reason: string, message: string): Resolution {
  return { outcome: 'validation_failed', reason, message };
}
