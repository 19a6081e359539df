import { Type } from '@stormpulse/plugin-api';
import type { AbsolutePath, ExecOptions, HttpClient, HttpRequest, Progress, Store } from '@stormpulse/plugin-api';
import { asArgs, bytes, numberOf, optional, record, text, texts } from './args.ts';
import { secretNamed } from './config-secrets.ts';
import { SecretUnnamed } from './errors.ts';
import type { LogFlow } from './log-flow.ts';
import type { Host, RunMembers } from './remote.ts';
import type { Args, Running } from './rpc.ts';
import { schemaOfJson } from './schema-of-json.ts';
import { StreamServer } from './streams.ts';

export interface AgentCallsOptions {
  readonly plugin: string;
  readonly log: LogFlow;
  /** Calls the plugin back while one of its own calls runs. */
  readonly back: (name: string, args: Args, signal: AbortSignal) => Promise<unknown>;
}

/** One origin has any number of spellings. */
const MAX_CLIENTS = 64;

type Answer = (host: Host, args: Args, running: Running) => Promise<unknown>;

/**
 * What an isolated plugin may ask of the agent: the members of its `ctx`, each by name and with plain data, checked here because
 * the other side may be hostile. Everything goes through the `ctx` that the kernel made, with its grants and bounds.
 */
export class AgentCalls {
  readonly #options: AgentCallsOptions;
  readonly #runs = new Map<number, RunMembers>();
  readonly #clients = new Map<string, HttpClient>();
  readonly #streams = new StreamServer();
  readonly #attached: Promise<Host>;
  #host: Host | undefined;
  #attach: (host: Host) => void = () => undefined;
  #lastRun = 0;

  constructor(options: AgentCallsOptions) {
    this.#options = options;
    this.#attached = new Promise((resolve) => {
      this.#attach = resolve;
    });
  }

  /** What was asked before it is answered now. */
  attach(host: Host): void {
    this.#host = host;
    this.#attach(host);
  }

  get isAttached(): boolean {
    return this.#host !== undefined;
  }

  begin(members: RunMembers): number {
    this.#runs.set((this.#lastRun += 1), members);
    return this.#lastRun;
  }

  over(run: number): void {
    this.#runs.delete(run);
  }

  /** One life of the plugin ended: what that read is read no more. */
  ended(): void {
    this.#streams.endAll();
  }

  async answer(name: string, args: Args, running: Running): Promise<unknown> {
    const answer = Object.hasOwn(this.#answers, name) ? this.#answers[name] : undefined;
    if (answer === undefined) throw new Error(`the agent has nothing called "${name.slice(0, 100)}"`);
    return await answer(this.#host ?? (await this.#attached), args, running);
  }

  /** False for what is no note. */
  note(name: string, args: Args): boolean {
    if (name === 'log') this.#options.log.told(args, this.#host?.ctx.logger);
    else if (name === 'progress') this.#runs.get(numberOf(args['run']))?.progress?.(progressOf(args['update']));
    else if (name === 'output') this.#output(args);
    else if (name === 'emit') this.#emit(args);
    else if (name === 'changed') this.#host?.collectors.get(text(args['id'], 'id'))?.changed(keysOf(args['only']));
    else if (name === 'ok') this.#host?.ctx.health.ok();
    else if (name === 'degraded') this.#host?.ctx.health.degraded(String(args['reason']).slice(0, 500));
    else return false;
    return true;
  }

  #output({ run, stream, bytes: told }: Args): void {
    this.#runs.get(numberOf(run))?.output?.(bytes(told), stream === 'stderr' ? 'stderr' : 'stdout');
  }

  #emit({ id, payload }: Args): void {
    try {
      this.#host?.ctx.events.emit({ id: text(id, 'id'), payload: Type.Unknown() }, payload);
    } catch (error) {
      // The plugin's own side checks first; there is nobody left to throw at.
      this.#host?.ctx.logger.error({ err: error }, 'an event of the plugin was refused');
    }
  }

  readonly #answers: Readonly<Record<string, Answer>> = {
    exec: ({ ctx }, args, { signal }) =>
      ctx.exec(text(args['file'], 'file') as AbsolutePath, texts(args['args'], 'args'), execOptions(args['options'], signal)),
    reveal: async ({ secrets }, { source }) => {
      const secret = secretNamed(secrets, source);
      if (secret === undefined) throw SecretUnnamed({ plugin: this.#options.plugin });
      return await secret.reveal();
    },
    refresh: async ({ collectors }, { id, only }) => {
      const handle = collectors.get(text(id, 'id'));
      if (handle === undefined) throw new Error('it declared no collector of that id');
      return await handle.refresh(keysOf(only));
    },
    checkpoint: async (_, { run, value }) => {
      const save = this.#runs.get(numberOf(run))?.checkpoint;
      if (save === undefined) throw new Error('the job that saves this checkpoint does not run');
      await save(value);
    },
    exists: async (_, { run, path }) =>
      (await this.#runs.get(numberOf(run))?.exists?.(text(path, 'path') as AbsolutePath)) ?? false,
    'store.get': async (host, args) => ({ value: await storeOf(host, args).get(text(args['key'], 'key')) }),
    'store.set': async (host, args) => await storeOf(host, args).set(text(args['key'], 'key'), args['value']),
    'store.delete': async (host, args) => await storeOf(host, args).delete(text(args['key'], 'key')),
    'store.entries': async (host, args) => this.#streams.open(storeOf(host, args).entries()),
    next: async (_, { stream }, { signal }) => await this.#streams.next(stream, signal),
    end: async (_, { stream }) => await this.#streams.end(stream),
    'http.json': async (host, args, { signal }) =>
      await this.#client(host, args).json(request(args, signal), schemaOfJson(args['schema'])),
    'http.text': async (host, args, { signal }) => await this.#client(host, args).text(request(args, signal)),
    'http.stream': async (host, args, { signal }) => {
      const { stream } = args;
      await this.#client(host, args).stream(request(args, signal), async (piece) => {
        await this.#options.back('piece', { stream, bytes: Buffer.from(piece).toString('base64') }, signal);
      });
    },
  };

  /** One client an origin; the plugin's own side adds its headers. Throws `E_GRANT_HTTP`. */
  #client({ ctx }: Host, args: Args): HttpClient {
    const origin = text(args['origin'], 'origin');
    const known = this.#clients.get(origin) ?? ctx.http.client(origin);
    if (this.#clients.size < MAX_CLIENTS) this.#clients.set(origin, known);
    return known;
  }
}

function storeOf({ stores }: Host, args: Args): Store<unknown> {
  const store = stores.get(text(args['store'], 'store'));
  if (store === undefined) throw new Error('it opened no store of that name in setup');
  return store;
}

function execOptions(value: unknown, signal: AbortSignal): ExecOptions {
  const { input, inputBytes, env, cwd, timeoutMs, maxOutputBytes } = asArgs(value);
  return {
    signal,
    ...(inputBytes === undefined ? optional('input', input, text) : { input: bytes(inputBytes) }),
    ...optional('env', env, (given, name) => record(given, name, text)),
    ...optional('cwd', cwd, (given, name) => text(given, name) as AbsolutePath),
    ...optional('timeoutMs', timeoutMs, numberOf),
    ...optional('maxOutputBytes', maxOutputBytes, numberOf),
  };
}

function request(args: Args, signal: AbortSignal): HttpRequest {
  const { method, path, headers, body, timeoutMs, maxBytes } = asArgs(args['request']);
  return {
    path: text(path, 'path') as `/${string}`,
    signal,
    ...optional('method', method, text),
    ...optional('headers', headers, (given, name) => record(given, name, text)),
    ...(body === undefined ? {} : { body }),
    ...optional('timeoutMs', timeoutMs, numberOf),
    ...optional('maxBytes', maxBytes, numberOf),
  };
}

const STAGES: ReadonlySet<unknown> = new Set(['starting', 'running', 'finalizing']);

function keysOf(only: unknown): readonly string[] | undefined {
  return only === undefined ? undefined : texts(only, 'only');
}

function progressOf(value: unknown): Progress {
  const { stage, done, total, message, transfer, bytesFreed } = asArgs(value);
  return {
    done: numberOf(done),
    ...(STAGES.has(stage) ? { stage: stage as NonNullable<Progress['stage']> } : {}),
    ...optional('total', total, numberOf),
    ...optional('message', message, text),
    ...optional('bytesFreed', bytesFreed, numberOf),
    ...optional(
      'transfer',
      transfer,
      (given, name) => record(given, name, numberOf) as unknown as NonNullable<Progress['transfer']>,
    ),
  };
}
