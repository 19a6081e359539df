import { Errors } from '@sinclair/typebox/errors';
import { Check, Decode, Encode } from '@sinclair/typebox/value';
import type { TSchema } from '@stormpulse/plugin-api';

/** Either what was asked for, or why not, in words that hold no value. */
export type Plain<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/**
 * A plugin's value as JSON text: what leaves the plugin is data alone, a copy, and the same when it is read back. Not `ok`: its
 * schema does not allow it, or JSON cannot hold it.
 */
export function toPlainText(schema: TSchema, value: unknown): Plain<string> {
  let text: string | undefined;
  try {
    text = JSON.stringify(Encode(schema, value)) as string | undefined;
  } catch {
    return { ok: false, problem: problemWith(schema, value) };
  }
  if (text === undefined) return { ok: false, problem: 'is nothing that JSON can hold' };
  return Check(schema, JSON.parse(text)) ? { ok: true, value: text } : { ok: false, problem: 'is not the same as JSON' };
}

/** What a schema makes of JSON text; every call gives another copy. */
export function fromPlainText(schema: TSchema, text: string): Plain<unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (Check(schema, value)) return { ok: true, value: Decode(schema, value) };
  } catch (error) {
    return { ok: false, problem: error instanceof SyntaxError ? 'is no JSON' : 'cannot be decoded' };
  }
  return { ok: false, problem: problemWith(schema, value) };
}

/** The same for what was kept as UTF-8. */
export function fromPlainBytes(schema: TSchema, bytes: Uint8Array): Plain<unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { ok: false, problem: 'is no text' };
  }
  return fromPlainText(schema, text);
}

function problemWith(schema: TSchema, value: unknown): string {
  try {
    const first = Errors(schema, value).First();
    if (first === undefined) return 'cannot be encoded';
    return `is not what its schema allows at ${(first.path || '/').slice(0, 200)}: ${first.message.toLowerCase()}`;
  } catch {
    return 'cannot be checked by its schema';
  }
}
