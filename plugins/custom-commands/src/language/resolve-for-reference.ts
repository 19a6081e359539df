import { expandTemplate } from './expand-template.ts';
import { parseTemplate } from './parse-template.ts';
import type { Resolution, ResolvableParam, ResolveOptions } from './resolution.ts';
import { translatePattern } from '@stormpulse/sdk/patterns';

/** What a protocol v1 agent answers, uncaught errors included (wire page 8.3, 8.4). For conformance, never for a host. */
export function resolveForReference(options: ResolveOptions): Resolution {
  const { params, project, runtimeParams } = options;
  const declares = Object.keys(params).length > 0;
  const validated: Record<string, string> = {};
  const unknown = Object.keys(runtimeParams).find((name) => declares && !Object.hasOwn(params, name));
  if (unknown !== undefined)
    return { outcome: 'validation_failed', reason: 'unknown_param', message: `unknown parameter ${JSON.stringify(unknown)}` };
  for (const [name, param] of Object.entries(params)) {
    const value = Object.hasOwn(runtimeParams, name) ? runtimeParams[name] : param.default;
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string') return { outcome: 'uncaught:TypeError', message: `${name} is no string` };
    const reason = refusalOf(param, value);
    if (reason !== undefined) return { outcome: 'validation_failed', reason, message: `parameter ${name}: ${reason}` };
    validated[name] = value;
  }
  const parsed = parseTemplate(options.template);
  if (!parsed.ok) return { outcome: 'uncaught:ValueError', message: parsed.problems[0]?.problem ?? '' };
  const values = new Map(Object.entries(project).map(([name, value]) => [name, value ?? '']));
  for (const [name, value] of Object.entries(validated)) values.set(name, value);
  const expansion = expandTemplate(parsed.words, values);
  if (!expansion.ok) return { outcome: 'uncaught:ValueError', message: `{${expansion.missing}} has no value` };
  return { outcome: 'ok', argv: expansion.argv, validated: declares ? validated : null };
}

function refusalOf(param: ResolvableParam, value: string): string | undefined {
  if (typeof param.pattern === 'string') {
    const translation = translatePattern(param.pattern, { dialect: 'reference' });
    if (!translation.ok || !new RegExp(translation.source, 'u').test(value)) return 'pattern_mismatch';
  }
  return typeof param.max_bytes === 'number' && new TextEncoder().encode(value).length > param.max_bytes ? 'too_long' : undefined;
}
