import { compareCodePoints } from './code-point-order.ts';

/** What a request's signature covers. `ts` is the canonical spelling of the envelope's `ts`. */
export interface RequestText {
  readonly command: string;
  readonly params: Readonly<Record<string, string>>;
  readonly nonce: string;
  readonly ts: string;
}

/** What a sequence's signature covers. */
export interface SequenceText {
  readonly sequence_id: string;
  readonly commands: readonly string[];
  readonly stop_on_failure: boolean;
  readonly nonce: string;
  readonly ts: string;
}

/** `key=value` pairs in code-point order of the key, joined by `&`; nothing is escaped (wire page, section 3.1). */
export function canonicalParams(params: Readonly<Record<string, string>>): string {
  const names = Object.keys(params);
  if (!isInOrder(names)) names.sort(compareCodePoints);
  let text = '';
  for (const name of names) text += `${text === '' ? '' : '&'}${name}=${params[name]!}`;
  return text;
}

/** Hubs mostly send them so; sorting two names costs as much as the rest of the text. */
function isInOrder(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index += 1) {
    if (compareCodePoints(names[index - 1]!, names[index]!) > 0) return false;
  }
  return true;
}

/** The signed text of a `command.request`. */
export function canonicalRequest({ command, params, nonce, ts }: RequestText): string {
  return `v1\n${command}\n${canonicalParams(params)}\n${nonce}\n${ts}`;
}

/** The signed text of a `command.sequence`. */
export function canonicalSequence({ sequence_id, commands, stop_on_failure, nonce, ts }: SequenceText): string {
  return `v1\n${sequence_id}\n${commands.join(',')}\n${stop_on_failure ? 'true' : 'false'}\n${nonce}\n${ts}`;
}
