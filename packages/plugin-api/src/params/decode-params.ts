import type { TObject } from '@sinclair/typebox';
import { decodeScalar } from './decode-scalar.ts';
import type { ParamValue } from './policy.ts';
import { quote } from './describe-refusal.ts';
import type { RefusalReason } from './describe-refusal.ts';
import { isParamKey } from './param-key.ts';

/** One refused parameter, with a sentence a person can act on. */
export interface ParamRefusal {
  readonly name: string;
  readonly reason: RefusalReason;
  readonly message: string;
}

export type DecodedParams =
  | { readonly ok: true; readonly values: Readonly<Record<string, ParamValue>> }
  | { readonly ok: false; readonly refusals: readonly ParamRefusal[] };

/**
 * Decodes the parameters of a request by the schema of its command: names first, then each declared parameter in order;
 * defaults are applied and checked like received values (design D3, wire page 8.4). Every refusal is reported, not the first.
 */
export function decodeParams(schema: TObject, wire: Readonly<Record<string, string>>): DecodedParams {
  const refusals = Object.keys(wire).flatMap((name) => refuseName(schema, name));
  const values: Record<string, ParamValue> = Object.create(null) as Record<string, ParamValue>;
  for (const [name, property] of Object.entries(schema.properties)) {
    const text: unknown = Object.hasOwn(wire, name) ? wire[name] : defaultText(property['default']);
    if (text === undefined) {
      if (schema.required?.includes(name) === true) refusals.push(missing(name));
      continue;
    }
    const result = decodeScalar(name, property, text);
    if (result.ok) values[name] = result.value;
    else refusals.push({ name, reason: result.reason, message: result.message });
  }
  return refusals.length === 0 ? { ok: true, values: Object.freeze(values) } : { ok: false, refusals };
}

function defaultText(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}

function refuseName(schema: TObject, name: string): ParamRefusal[] {
  if (!isParamKey(name)) {
    return [
      {
        name,
        reason: 'bad_param_key',
        message: `${quote(name)} is no parameter name; expected letters, digits and _, at most 64`,
      },
    ];
  }
  if (Object.hasOwn(schema.properties, name)) return [];
  const known = Object.keys(schema.properties);
  const expected = known.length === 0 ? 'this command takes none' : `expected one of ${known.join(', ')}`;
  return [{ name, reason: 'unknown_param', message: `parameter ${quote(name)} is not known; ${expected}` }];
}

function missing(name: string): ParamRefusal {
  return { name, reason: 'missing_param', message: `parameter ${quote(name)} is missing, and it has no default` };
}
