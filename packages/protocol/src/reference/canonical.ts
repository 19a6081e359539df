import { compareCodePoints } from '../code-point-order.ts';
import { isJsonObject } from '../json-value.ts';
import type { SignedType } from '../message-types.ts';
import { ProtocolError } from '../protocol-error.ts';
import { pythonText, pythonTruth } from './python-text.ts';

/** The signed text as the reference agent builds it from whatever the payload holds (wire page, section 3.1). */
export function referenceCanonicalText(type: SignedType, payload: Readonly<Record<string, unknown>>, ts: string): string {
  const lines =
    type === 'command.request'
      ? [payload['command'], referenceCanonicalParams(payload['params']), payload['nonce']]
      : [
          payload['sequence_id'],
          joined(payload['commands']),
          pythonTruth(payload['stop_on_failure']) ? 'true' : 'false',
          payload['nonce'],
        ];
  return ['v1', ...lines.map(pythonText), ts].join('\n');
}

/** Canonical parameter text of any JSON value; what is false in Python gives the empty text. */
export function referenceCanonicalParams(params: unknown): string {
  if (!pythonTruth(params)) return '';
  if (!isJsonObject(params)) throw new ProtocolError('uncaught', 'params has no items', { referenceClass: 'AttributeError' });
  return Object.keys(params)
    .sort(compareCodePoints)
    .map((name) => `${name}=${pythonText(params[name])}`)
    .join('&');
}

/** `",".join(commands)`: lists and objects of strings, and a text character by character. */
function joined(commands: unknown): string {
  if (typeof commands === 'string') return Array.from(commands).join(',');
  const items: unknown[] | undefined = Array.isArray(commands)
    ? commands
    : isJsonObject(commands)
      ? Object.keys(commands)
      : undefined;
  if (items === undefined || !items.every((item) => typeof item === 'string')) {
    throw new ProtocolError('uncaught', 'commands is not a list of strings', { referenceClass: 'TypeError' });
  }
  return items.join(',');
}
