import type { HttpExchange, HttpIncoming, HttpOutgoing } from '@stormpulse/services';

/** One request that would have been sent. */
export interface HttpCall {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** What was sent, read back from JSON; undefined when nothing was. */
  readonly body: unknown;
}

/**
 * What answers a request: a value is sent as JSON; text and bytes are sent as they are; an async iterable is sent piece by piece. A
 * function is asked for one of these with each call; what it throws is what the socket would have said.
 */
export type HttpReply = unknown;

interface Rule {
  readonly request: string;
  readonly status: number;
  readonly reply: HttpReply;
}

/** Stands in for what plugins reach by HTTP: records each call, answers by the last rule for its method and path. */
export class FakeHttp {
  readonly calls: HttpCall[] = [];
  readonly #rules: Rule[] = [];

  /** `request`: method, a space, the path with its query, as in `GET /v1/things?all=1`. `status`: 200 unless told. */
  on(request: `${string} /${string}`, reply: HttpReply, { status = 200 }: { readonly status?: number } = {}): void {
    this.#rules.unshift({ request, reply, status });
  }

  readonly exchange: HttpExchange = async (outgoing) => {
    const call = asCall(outgoing);
    this.calls.push(call);
    const rule = this.#rules.find(({ request }) => request === `${call.method} ${call.path}`);
    if (rule === undefined) throw new NoReply(`${call.method} ${call.path}`);
    const reply: unknown = typeof rule.reply === 'function' ? (rule.reply as (call: HttpCall) => unknown)(call) : rule.reply;
    return { status: rule.status, body: asBody(await reply, outgoing.signal) };
  };
}

/** No rule answers; its name shows in the error that the plugin gets. */
class NoReply extends Error {
  readonly code: string;

  constructor(request: string) {
    super(`the test has no h.http.on('${request}', …)`);
    this.code = `no h.http.on('${request}', …)`;
  }
}

function asCall({ origin, method, path, headers, body }: HttpOutgoing): HttpCall {
  return { origin: origin.text, method, path, headers, body: body === undefined ? undefined : (JSON.parse(body) as unknown) };
}

async function* asBody(reply: unknown, signal: AbortSignal): HttpIncoming['body'] {
  if (typeof reply === 'string') yield Buffer.from(reply);
  else if (reply instanceof Uint8Array) yield reply;
  else if (typeof reply === 'object' && reply !== null && Symbol.asyncIterator in reply) {
    for await (const piece of reply as AsyncIterable<string | Uint8Array>) {
      signal.throwIfAborted();
      yield Buffer.from(piece as string);
    }
  } else if (reply !== undefined) yield Buffer.from(JSON.stringify(reply));
}
