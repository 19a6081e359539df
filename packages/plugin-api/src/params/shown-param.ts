import type { TSchema } from '../schema.ts';
import type { ParamValue } from './policy.ts';

/** A parameter as v1 hubs read it in the manifest (wire page, 8.9). */
export function shownParam(schema: TSchema): {
  readonly default: string | null;
  readonly pattern: string | null;
  readonly description: string;
} {
  // A secret stays on the host (SEC-116), its default too.
  const fallback = schema['x-secret'] === true ? undefined : (schema['default'] as ParamValue | undefined);
  return {
    default: fallback === undefined ? null : String(fallback),
    pattern: shownPattern(schema),
    description: typeof schema['description'] === 'string' ? schema['description'] : '',
  };
}

/** The pattern a v1 hub can check a param's wire text with. */
function shownPattern(schema: TSchema): string | null {
  const policy = schema['x-param'];
  if (policy !== undefined) return policy.shown ?? (policy.source === undefined ? null : unanchored(policy.source));
  const node = schema as {
    readonly type?: string;
    readonly pattern?: string;
    readonly anyOf?: readonly { readonly const?: unknown }[];
  };
  if (node.type === 'integer') return '-?(0|[1-9][0-9]*)';
  if (node.type === 'boolean') return 'true|false';
  if (node.anyOf !== undefined)
    return node.anyOf.map((option) => String(option.const).replaceAll(/[$()*+.?[\\\]^{|}]/gu, '\\$&')).join('|');
  return node.pattern === undefined ? null : unanchored(node.pattern);
}

function unanchored(source: string): string {
  return source.replace(/^\^/u, '').replace(/\$$/u, '');
}
