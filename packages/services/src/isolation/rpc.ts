import { FrameTooLarge } from './errors.ts';
import { MAX_FRAME_BYTES } from './frames.ts';
import { readMessage } from './read-message.ts';
import type { Args, Message } from './read-message.ts';
import { packError, textOf, unpackError } from './travelling-error.ts';

export type { Args };

export interface RpcOptions {
  /** Takes one frame; never throws. */
  readonly send: (frame: string) => void;
  readonly onCall: (name: string, args: Args, running: Running) => Promise<unknown>;
  readonly onNote: (name: string, args: Args) => void;
  /** The other side broke the rules of the line, in words that follow its name. */
  readonly onBroken: (why: string) => void;
}

/** One call that is being answered; its signal is made for who looks at it. */
export class Running {
  #abort: AbortController | undefined;
  #why: { readonly reason: Error } | undefined;

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#why !== undefined) this.#abort.abort(this.#why.reason);
    }
    return this.#abort.signal;
  }

  abort(reason: Error): void {
    this.#why ??= { reason };
    this.#abort?.abort(reason);
  }
}

/** A call of ours. */
interface Begun {
  readonly answer: Promise<unknown>;
  readonly abort: (why: unknown) => void;
}

interface Open {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Calls of the other side that may wait for an answer at once. */
const MAX_OPEN = 1_000;
/** What those hold in all, in characters of their frames. */
const MAX_OPEN_CHARS = 4 * MAX_FRAME_BYTES;

/** Calls both ways over one line of frames. Both sides use it; neither trusts the other. */
export class Rpc {
  readonly #options: RpcOptions;
  readonly #asked = new Map<number, Open>();
  readonly #serving = new Map<number, Running>();
  #lastId = 0;
  #servingChars = 0;
  #closedBy: Error | undefined;

  constructor(options: RpcOptions) {
    this.#options = options;
  }

  /** Calls of ours that wait for an answer. */
  get waiting(): number {
    return this.#asked.size;
  }

  /** The answer rejects with what the other side threw, with `E_PLUGIN_FRAME`, or with what the line was closed for. */
  begin(name: string, args: Args): Begun {
    const none = (): void => undefined;
    if (this.#closedBy !== undefined) return { answer: Promise.reject(this.#closedBy), abort: none };
    const call = (this.#lastId += 1);
    const frame = JSON.stringify({ call, name, args } satisfies Message);
    if (sizeOf(frame) > MAX_FRAME_BYTES)
      return { answer: Promise.reject(tooLarge(`what "${name}" was called with`, frame)), abort: none };
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#asked.set(call, { resolve, reject });
    });
    this.#options.send(frame);
    const abort = (why: unknown): void => {
      if (this.#asked.has(call)) this.#send({ abort: call, why: textOf(why).slice(0, 500) });
    };
    return { answer, abort };
  }

  /** The same, aborted with a signal. */
  async call(name: string, args: Args, signal?: AbortSignal): Promise<unknown> {
    const { answer, abort } = this.begin(name, args);
    if (signal === undefined) return await answer;
    const onAbort = (): void => abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await answer;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Tells something; nothing comes back. One that is too large is left out. */
  note(name: string, args: Args): void {
    if (this.#closedBy !== undefined) return;
    const frame = JSON.stringify({ note: name, args } satisfies Message);
    if (sizeOf(frame) <= MAX_FRAME_BYTES) this.#options.send(frame);
  }

  receive(frame: string): void {
    if (this.#closedBy !== undefined) return;
    const message = readMessage(frame);
    if (message === undefined) return this.#options.onBroken('it sent a frame that is no message');
    if ('answer' in message) return this.#answered(message);
    if ('note' in message) return this.#options.onNote(message.note, message.args);
    if ('abort' in message) return this.#serving.get(message.abort)?.abort(new Error(message.why));
    if (this.#serving.has(message.call)) return this.#options.onBroken(`it used the id ${message.call} of a call twice`);
    if (this.#serving.size >= MAX_OPEN)
      return this.#options.onBroken(`more than ${MAX_OPEN} calls of it wait for an answer at once`);
    if (this.#servingChars + frame.length > MAX_OPEN_CHARS)
      return this.#options.onBroken(`calls of it that wait for an answer hold more than ${MAX_OPEN_CHARS} characters`);
    void this.#serve(message, frame.length);
  }

  /** Rejects what waits, aborts what is served, and takes nothing more. */
  close(why: Error): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = why;
    for (const { reject } of this.#asked.values()) reject(why);
    this.#asked.clear();
    for (const running of this.#serving.values()) running.abort(why);
    this.#serving.clear();
  }

  #answered({ answer, value, error }: Extract<Message, { answer: number }>): void {
    const open = this.#asked.get(answer);
    if (open === undefined) return this.#options.onBroken(`it answered the call ${answer}, which waits for no answer`);
    this.#asked.delete(answer);
    if (error === undefined) open.resolve(value);
    else open.reject(unpackError(error));
  }

  async #serve({ call, name, args }: Extract<Message, { call: number }>, chars: number): Promise<void> {
    const running = new Running();
    this.#serving.set(call, running);
    this.#servingChars += chars;
    let answer: Message;
    try {
      answer = { answer: call, value: await this.#options.onCall(name, args, running) };
    } catch (error) {
      answer = { answer: call, error: packError(error) };
    }
    this.#servingChars -= chars;
    if (!this.#serving.delete(call)) return;
    this.#send(answer);
  }

  #send(message: Message): void {
    if (this.#closedBy !== undefined) return;
    const frame = textOfMessage(message);
    if (sizeOf(frame) <= MAX_FRAME_BYTES) return this.#options.send(frame);
    if ('answer' in message) this.#send({ answer: message.answer, error: packError(tooLarge('the answer', frame)) });
  }
}

/** An answer that JSON cannot hold is told as one. */
function textOfMessage(message: Message): string {
  try {
    return JSON.stringify(message);
  } catch (error) {
    if (!('answer' in message)) throw error;
    return JSON.stringify({ answer: message.answer, error: { message: `its answer is no JSON: ${textOf(error)}` } });
  }
}

function tooLarge(what: string, frame: string): Error {
  return FrameTooLarge({ what, bytes: sizeOf(frame), limit: MAX_FRAME_BYTES });
}

/** In UTF-8; counted only where it could be too much. */
function sizeOf(frame: string): number {
  return frame.length * 3 <= MAX_FRAME_BYTES ? frame.length : Buffer.byteLength(frame);
}
