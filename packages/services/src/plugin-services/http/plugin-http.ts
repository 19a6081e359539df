import type { Clock, DenialLog, PluginOwner } from '@stormpulse/kernel';
import type { Http, HttpClient, HttpRequest } from '@stormpulse/plugin-api';
import { GrantHttp } from '@stormpulse/plugin-api/internal';
import { readAnswer } from './answer-shape.ts';
import { HttpShape, HttpStatus, HttpStatusForNow, HttpTooLarge, HttpUnreachable } from './errors.ts';
import type { Asked } from './errors.ts';
import { excerptOf } from './excerpt.ts';
import type { HttpExchange, HttpIncoming } from './exchange.ts';
import { parseOrigin } from './origin.ts';
import type { Origin } from './origin.ts';
import { asOutgoing } from './outgoing.ts';
import { liveRequest } from './request-life.ts';
import { unreachable } from './unreachable.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** Of an answer that is only told of. */
const MAX_REFUSAL_BYTES = 16 * 1024;

export interface PluginHttpOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly exchange: HttpExchange;
  readonly denials?: DenialLog;
}

/** `ctx.http` of one plugin. */
export function createPluginHttp({ clock, exchange, denials }: PluginHttpOptions, owner: PluginOwner): Http {
  return {
    client(written, { headers: ask = () => Promise.resolve({}) } = {}) {
      const origin = parseOrigin(written);
      const allowed = (owner.capabilities.http ?? []).some((granted) => parseOrigin(granted).text === origin.text);
      if (!allowed) {
        const denied = GrantHttp({ plugin: owner.name, origin: origin.text });
        denials?.add(owner.name, denied);
        throw denied;
      }

      /** Gives the answer's pieces to `read`; without a deadline or a cap of the request's own there is that of `defaults`, or none. */
      const exchanged = async <T>(
        request: HttpRequest,
        defaults: { readonly timeoutMs?: number; readonly maxBytes?: number },
        read: (pieces: AsyncIterable<Uint8Array>, asked: Asked) => Promise<T>,
      ): Promise<T> => {
        const asked = askedOf(origin, request);
        const { timeoutMs, maxBytes = Number.POSITIVE_INFINITY } = { ...defaults, ...request };
        const life = {
          clock,
          enders: [
            { signal: owner.signal, reason: 'the plugin has stopped' },
            { signal: request.signal, reason: 'its caller gave up' },
          ],
          error: (reason: string) => HttpUnreachable({ ...asked, reason }),
        };
        return await liveRequest(life, async ({ signal, endWithin }) => {
          if (timeoutMs !== undefined) endWithin(timeoutMs);
          const outgoing = asOutgoing(request, origin, await ask());
          const answer = await exchange({ ...outgoing, lasting: defaults.timeoutMs === undefined, signal }).catch(
            (error: unknown) => {
              throw unreachable(asked, error);
            },
          );
          if (answer.status >= 200 && answer.status < 300) return await read(piecesOf(answer, asked, maxBytes), asked);
          if (timeoutMs === undefined) endWithin(TIMEOUT_MS);
          throw await refusalOf(answer, asked, outgoing.headers);
        });
      };

      const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };
      return Object.freeze<HttpClient>({
        json: (request, response) =>
          exchanged(request, limits, async (pieces, asked) => {
            const read = readAnswer(response, await textOf(pieces));
            if (!read.ok) throw HttpShape({ ...asked, at: read.at, expected: read.expected });
            return read.value as never;
          }),
        text: (request) => exchanged(request, limits, textOf),
        stream: (request, onPiece) =>
          exchanged(request, {}, async (pieces) => {
            for await (const piece of pieces) await onPiece(piece);
          }),
      });
    },
  };
}

/** A query may hold what nobody else must read. */
function askedOf(origin: Origin, { method = 'GET', path }: HttpRequest): Asked {
  const withoutQuery = path.replace(/[?#].*/su, '').replaceAll(/\p{Cc}/gu, ' ');
  return { method: method.toUpperCase().slice(0, 20), origin: origin.text, path: withoutQuery.slice(0, 200).toWellFormed() };
}

/** Its errors are the plugin's; an error of whoever takes the pieces stays theirs. */
async function* piecesOf({ body }: HttpIncoming, asked: Asked, maxBytes: number): AsyncIterable<Uint8Array> {
  let bytes = 0;
  try {
    for await (const piece of body) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) throw HttpTooLarge({ ...asked, maxBytes });
      yield piece;
    }
  } catch (error) {
    throw unreachable(asked, error);
  }
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return new TextDecoder().decode(Buffer.concat(all));
}

async function refusalOf(answer: HttpIncoming, asked: Asked, headers: Readonly<Record<string, string>>) {
  const { status } = answer;
  const start: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of answer.body) {
      start.push(piece);
      bytes += piece.byteLength;
      if (bytes >= MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // The status is known; what was said beside it is told as far as it came.
  }
  const text = new TextDecoder().decode(Buffer.concat(start).subarray(0, MAX_REFUSAL_BYTES));
  const kind = status === 429 || status >= 500 ? HttpStatusForNow : HttpStatus;
  return kind({ ...asked, status, excerpt: excerptOf(text, headers) });
}
