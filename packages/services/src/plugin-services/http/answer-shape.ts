import { Errors } from '@sinclair/typebox/errors';
import { Check, Clean, Default, HasTransform, TransformDecode } from '@sinclair/typebox/value';
import type { TSchema } from '@stormpulse/plugin-api';

/** What stands in the way of an answer; nothing of the answer's values is in it. */
export interface Misshapen {
  readonly at: string;
  readonly expected: string;
}

/**
 * Reads a peer's JSON by a schema: keys it does not name are left out, defaults filled in, nothing coerced; an empty answer is
 * `null`. Untrusted: neither its depth nor its keys do harm.
 */
export function readAnswer(
  schema: TSchema,
  text: string,
): { readonly ok: true; readonly value: unknown } | ({ readonly ok: false } & Misshapen) {
  try {
    const value = Default(schema, Clean(schema, parse(text)));
    // `Decode` would check it a second time.
    if (Check(schema, value)) return { ok: true, value: HasTransform(schema, []) ? TransformDecode(schema, [], value) : value };
    const first = Errors(schema, value).First();
    return misshapen(first?.path, first?.message.replace(/^Expected /u, ''));
  } catch (error) {
    if (error instanceof SyntaxError) return misshapen('', 'JSON');
    if (error instanceof RangeError) return misshapen('', 'JSON that is not nested so deeply');
    return misshapen('', 'what its schema can decode');
  }
}

function misshapen(path: string | undefined, expected: string | undefined) {
  return {
    ok: false,
    at: path === undefined || path === '' ? '/' : path.slice(0, 200),
    expected: expected ?? 'another value',
  } as const;
}

/** SEC-051: a key `__proto__` would become the prototype of whatever the plugin copies the answer into. */
function parse(text: string): unknown {
  if (text === '') return null;
  const suspect = text.includes('__proto__') || text.includes('\\u00');
  return JSON.parse(text, suspect ? (key, value: unknown) => (key === '__proto__' ? undefined : value) : undefined) as unknown;
}
