import { isRecord } from '../api/problem.ts';
import type { EventView } from '../api/types.ts';
import type { Tone } from './run-words.ts';

export interface EventWords {
  readonly tone: Tone;
  readonly word: string;
  readonly refusal: boolean;
  /** `name: value` details, in the order sent; values still unescaped. */
  readonly details: readonly (readonly [name: string, value: string])[];
}

const KNOWN: Readonly<Record<string, readonly [Tone, string]>> = {
  signature_failure: ['bad', 'refused: signature check'],
  whitelist_rejection: ['bad', 'refused: not an allowed command'],
  reconnect: ['warn', 'reconnected'],
  dropped_events: ['warn', 'events lost'],
  job_result: ['ok', 'job ended'],
  cert_renew_succeeded: ['ok', 'certificate renewed'],
  cert_renew_failed: ['bad', 'certificate not renewed'],
};

const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set(['ts', 'kind', 'source', 'status']);
const MAX_DETAILS = 12;

/** Words for an agent's event (wire page, section 10.3); a kind this page does not know is shown as it came. */
export function eventWords(event: EventView): EventWords {
  const body = isRecord(event.body) ? event.body : {};
  const status = typeof body['status'] === 'string' ? body['status'] : '';
  const known = Object.hasOwn(KNOWN, event.kind) ? KNOWN[event.kind] : undefined;
  const refusal =
    status === 'refused' ||
    status === 'rejected' ||
    /refus|reject/.test(event.kind) ||
    (known?.[1].startsWith('refused') ?? false);
  const failed = status === 'failed' || status === 'error';
  return {
    tone: refusal || failed ? 'bad' : (known?.[0] ?? 'wait'),
    word: known?.[1] ?? (refusal ? `refused: ${event.kind}` : event.kind.replaceAll('_', ' ')),
    refusal,
    details: detailsOf(event.body),
  };
}

function detailsOf(body: unknown): (readonly [string, string])[] {
  if (typeof body === 'string') return body === '' ? [] : [['text', body]];
  if (!isRecord(body)) return [];
  return Object.entries(body)
    .filter(([name, value]) => !SHOWN_ELSEWHERE.has(name) && value !== null && value !== '')
    .slice(0, MAX_DETAILS)
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const);
}
