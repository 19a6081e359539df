import { TransformKind } from '@sinclair/typebox';
import type { TObject } from '@sinclair/typebox';
import { Decode } from '@sinclair/typebox/value';
import type { ParamValue } from './policy.ts';

/** What an author's code sees of decoded parameters: those whose schema transforms them, transformed. */
export function typedParams(schema: TObject, values: Readonly<Record<string, ParamValue>>): Readonly<Record<string, unknown>> {
  const transformed = Object.entries(schema.properties).filter(
    ([name, property]) => TransformKind in property && Object.hasOwn(values, name),
  );
  if (transformed.length === 0) return values;
  return Object.freeze({
    ...values,
    ...Object.fromEntries(transformed.map(([name, property]) => [name, Decode(property, values[name])])),
  });
}
