import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { newMessageId } from '@stormpulse/protocol/node';
import type { Hub } from '../src/index.ts';
import { exchange } from './http-exchange.ts';
import type { Answer } from './http-exchange.ts';

/** A person's browser. */
export class Person {
  readonly #base: URL;
  #cookie: string | undefined;
  #csrf: string | undefined;

  constructor(hub: Hub) {
    this.#base = new URL(hub.peopleUrl);
  }

  /** Signs in with a fresh link. */
  static async signedIn(hub: Hub): Promise<Person> {
    const person = new Person(hub);
    const code = new URL(await hub.setupLink()).hash.slice(1);
    const answer = await person.call('POST', '/api/v1/setup', { code });
    if (answer.status !== 200) throw new Error(`sign-in failed: ${answer.text}`);
    return person;
  }

  /** One call as the dashboard makes it; `headers` go over the usual ones, an empty value removes one. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const usual: Record<string, string> = {
      host: this.#base.host,
      origin: this.#base.origin,
      'sec-fetch-site': 'same-origin',
      'content-length': String(Buffer.byteLength(text)),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(this.#cookie === undefined ? {} : { cookie: this.#cookie }),
      ...(this.#csrf === undefined ? {} : { 'x-sp-csrf': this.#csrf }),
      ...headers,
    };
    const sent = Object.fromEntries(Object.entries(usual).filter(([, value]) => value !== ''));
    const url = { host: '127.0.0.1', port: this.#base.port, method, path, headers: sent, agent: false };
    const answer = await exchange(httpRequest(url), text);
    const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
    if (cookie !== undefined) this.#cookie = cookie;
    if (path === '/api/v1/setup' && answer.status === 200) this.#csrf = String(answer.json()['csrf']);
    return answer;
  }

  /** Runs a command; a fresh key each time unless told. */
  async run(order: object, key: string = newMessageId()): Promise<Answer> {
    return await this.call('POST', '/api/v1/runs', order, { 'idempotency-key': key });
  }

  /** Opens server-sent events. */
  async stream(path: string): Promise<EventStream> {
    const { host, origin, port } = this.#base;
    const headers = { host, origin, cookie: this.#cookie ?? '', accept: 'text/event-stream' };
    return await EventStream.open(httpRequest({ host: '127.0.0.1', port, path, headers, agent: false }));
  }

  get cookie(): string {
    return this.#cookie ?? '';
  }
}

/** A reader of server-sent events. */
export class EventStream {
  readonly status: number;
  readonly closed: Promise<void>;
  readonly #response: IncomingMessage;
  readonly #events: { event: string; data: Record<string, unknown> }[] = [];
  #wake: (() => void) | undefined;

  private constructor(response: IncomingMessage) {
    this.status = response.statusCode ?? 0;
    this.#response = response;
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    });
    response.on('error', () => undefined);
    this.closed = new Promise((resolve) => void response.once('close', () => resolve()));
  }

  static async open(request: ReturnType<typeof httpRequest>): Promise<EventStream> {
    return await new Promise((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => resolve(new EventStream(response)));
      request.end();
    });
  }

  /** The next event of a kind that fits, passing over others. */
  async until(event: string, fits: (data: Record<string, unknown>) => boolean = () => true): Promise<Record<string, unknown>> {
    for (;;) {
      const next = this.#events.shift();
      if (next === undefined) await new Promise<void>((resolve) => void (this.#wake = resolve));
      else if (next.event === event && fits(next.data)) return next.data;
    }
  }

  close(): void {
    this.#response.destroy();
  }

  #take(block: string): void {
    const event = /^event: (.+)$/m.exec(block)?.[1];
    const data = /^data: (.+)$/m.exec(block)?.[1];
    if (event === undefined || data === undefined) return;
    this.#events.push({ event, data: JSON.parse(data) as Record<string, unknown> });
    this.#wake?.();
  }
}
