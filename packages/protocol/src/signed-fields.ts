import { ambiguousParams } from './ambiguity.ts';
import { MAX_NAME_CODE_POINTS, MAX_PARAMS, MAX_SEQUENCE_COMMANDS } from './limits.ts';
import type { RefusalReason } from './refusal.ts';

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const TABLE_NAME = /^[^,=\s]+$/u;
const BAD_PARAM_NAME = /[=&\n]/;

/**
 * A name as SEC-053 allows it on the wire (`id`, `nonce`, `sequence_id`, command): a well-formed string of 1 to 128 code
 * points without control characters, U+2028 or U+2029.
 */
export function isWireName(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > 2 * MAX_NAME_CODE_POINTS) return false;
  if (CONTROL.test(value) || !value.isWellFormed()) return false;
  return value.length <= MAX_NAME_CODE_POINTS || countCodePoints(value) <= MAX_NAME_CODE_POINTS;
}

/** A name a command table may hold: a wire name without comma, equals sign or white space. */
export function isCommandName(value: unknown): value is string {
  return isWireName(value) && TABLE_NAME.test(value);
}

/**
 * Checks of SEC-053 and SEC-054 on the fields of a request, in order; the first failing one names the reason. `lenient` leaves
 * out how many there may be, and nothing that SEC-054 rests on.
 */
export function checkRequestFields(
  fields: { readonly command: unknown; readonly params: unknown; readonly nonce: unknown },
  declaredNames: Iterable<string> | undefined,
  lenient = false,
): RefusalReason | undefined {
  if (!isWireName(fields.command)) return 'bad_command';
  if (!isWireName(fields.nonce)) return 'bad_nonce';
  const { params } = fields;
  if (typeof params !== 'object' || params === null || Array.isArray(params)) return 'bad_params';
  const reason = checkParamTexts(params, lenient ? Number.POSITIVE_INFINITY : MAX_PARAMS);
  if (reason !== undefined) return reason;
  if (declaredNames !== undefined && ambiguousParams(declaredNames, params as Record<string, string>)) return 'ambiguous_params';
  return undefined;
}

/** Checks of SEC-053 on the fields of a sequence; `lenient` as above. */
export function checkSequenceFields(
  fields: {
    readonly sequence_id: unknown;
    readonly commands: unknown;
    readonly stop_on_failure: unknown;
    readonly nonce: unknown;
  },
  hasCommand?: (name: string) => boolean,
  lenient = false,
): RefusalReason | undefined {
  if (!isWireName(fields.sequence_id)) return 'bad_sequence_id';
  if (!lenient && hasCommand?.(fields.sequence_id) === true) return 'sequence_id_is_command';
  if (!isWireName(fields.nonce)) return 'bad_nonce';
  const { commands } = fields;
  if (!Array.isArray(commands)) return 'bad_commands';
  if (commands.length === 0) return 'empty_sequence';
  if (!lenient && commands.length > MAX_SEQUENCE_COMMANDS) return 'too_many_commands';
  if (!commands.every(isCommandName)) return 'bad_commands';
  return typeof fields.stop_on_failure === 'boolean' ? undefined : 'bad_stop_on_failure';
}

function checkParamTexts(params: object, most: number): RefusalReason | undefined {
  const names = Object.keys(params);
  if (names.length > most) return 'too_many_params';
  for (const name of names) {
    const value = (params as Readonly<Record<string, unknown>>)[name];
    if (name === '' || BAD_PARAM_NAME.test(name)) return 'bad_param_key';
    if (typeof value !== 'string') return 'param_not_a_string';
    if (!name.isWellFormed() || !value.isWellFormed()) return 'not_well_formed';
  }
  return undefined;
}

function countCodePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += text.codePointAt(index)! > 0xffff ? 2 : 1) count += 1;
  return count;
}
