import { ambiguousParams } from './ambiguity.ts';

/** Why a request's parameters were refused, before any value meets its own policy. */
export type ParamsReason = 'bad_param_key' | 'unknown_param' | 'not_a_string' | 'not_well_formed' | 'ambiguous_params';

const PARAM_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** Names that every object of JavaScript answers to. */
const PROTOTYPE_NAMES: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

/**
 * Checks the names and types of a request's parameters against those a command declares (SEC-053, SEC-054), in this order:
 * names that no command can declare, names this one does not, values that are not text, and texts with a second reading.
 */
export function checkParams(
  declaredNames: readonly string[],
  params: Readonly<Record<string, unknown>>,
): ParamsReason | undefined {
  const names = Object.keys(params);
  if (!names.every(isParamName)) return 'bad_param_key';
  if (!names.every((name) => declaredNames.includes(name))) return 'unknown_param';
  if (!names.every((name) => typeof params[name] === 'string')) return 'not_a_string';
  const texts = params as Readonly<Record<string, string>>;
  if (!names.every((name) => texts[name]!.isWellFormed())) return 'not_well_formed';
  return ambiguousParams(declaredNames, texts) ? 'ambiguous_params' : undefined;
}

/** A name a command may give to a parameter. */
export function isParamName(name: string): boolean {
  return PARAM_NAME.test(name) && !PROTOTYPE_NAMES.has(name);
}
