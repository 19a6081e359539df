import { Type } from '@sinclair/typebox';
import type { TNull, TSchema, TUnion } from '@sinclair/typebox';

/** A field that may be null, and is null when absent (as protocol v1 has it). */
export function nullable<T extends TSchema>(schema: T): TUnion<[T, TNull]> {
  return Type.Union([schema, Type.Null()], { default: null });
}

/** A JSON object whose content is not ours to check. */
export const FreeObject = Type.Record(Type.String(), Type.Unknown());
