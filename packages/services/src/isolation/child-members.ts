import { Check, Decode } from '@sinclair/typebox/value';
import type { CollectorHandle, EventType, Exec, Http, HttpClient, HttpRequest, Logger, Store } from '@stormpulse/plugin-api';
import type { TSchema } from '@stormpulse/plugin-api';
import { defineError } from '@stormpulse/plugin-api';
import { EventInvalid, GrantHttp } from '@stormpulse/plugin-api/internal';
import type { CollectorDefinition, LiveMembers } from '@stormpulse/plugin-api/internal';
import type { Args, Rpc } from './rpc.ts';
import { pulled } from './streams.ts';
import { textOf } from './travelling-error.ts';

export const LogsIsolated = defineError<{ plugin: string }>(
  'E_LOGS_ISOLATED',
  'failed_precondition',
  'operator',
  (d) =>
    `plugin "${d.plugin}" reads the log sources of others, which only code in the agent can; if you trust it so far, write isolation = "none" in [plugins.${d.plugin}]`,
);

export interface ChildMembersOptions {
  readonly rpc: Rpc;
  readonly plugin: string;
  readonly origins: readonly string[];
  readonly signal: AbortSignal;
  readonly defer: (release: () => Promise<void>) => void;
}

/** Pieces of answers that are read now, by the number of their call. */
export type Pieces = Map<number, (piece: Uint8Array) => void | Promise<void>>;
/** The last whole state of each collector, as this side gave it. */
export type States = Map<string, unknown>;

/** The members of `ctx` on the plugin's own side: each is a call to the agent. */
export function childMembers(options: ChildMembersOptions, pieces: Pieces, states: States): LiveMembers {
  const { rpc, plugin, signal, defer } = options;
  return {
    signal,
    defer,
    exec: childExec(rpc, signal),
    http: childHttp(options, pieces),
    logger: childLogger(rpc),
    collector: ({ id }: CollectorDefinition) => childHandle(rpc, id, states),
    store: (name, schema) => childStore(rpc, name, schema),
    emit: (event, payload) => emit(rpc, plugin, event, payload),
    logCatalogue: () => Promise.reject(LogsIsolated({ plugin })),
    ok: () => rpc.note('ok', {}),
    degraded: (reason) => rpc.note('degraded', { reason }),
  };
}

/** `own`: aborted when its caller ends, whatever the options say. */
export function childExec(rpc: Rpc, own: AbortSignal): Exec {
  return async (file, args, options = {}) => {
    const { signal, input, ...plain } = options;
    const given =
      input === undefined || typeof input === 'string' ? { input } : { inputBytes: Buffer.from(input).toString('base64') };
    const either = signal === undefined ? own : AbortSignal.any([own, signal]);
    return (await rpc.call('exec', { file, args, options: { ...plain, ...given } }, either)) as Awaited<ReturnType<Exec>>;
  };
}

export function childLogger(rpc: Rpc): Logger {
  const at =
    (level: keyof Logger) =>
    (fields: object | string, message?: string): void =>
      rpc.note('log', typeof fields === 'string' ? { level, message: fields } : { level, message, fields: plainFields(fields) });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** An error has no fields that JSON would show. */
function plainFields(fields: object): object {
  const shown = Object.entries(fields).map(([name, value]) => [
    name,
    value instanceof Error ? textOf(value) : (value as unknown),
  ]);
  try {
    return JSON.parse(JSON.stringify(Object.fromEntries(shown))) as object;
  } catch (error) {
    return { left_out: `fields that are no JSON: ${textOf(error)}` };
  }
}

function childHandle(rpc: Rpc, id: string, states: States): CollectorHandle<unknown> {
  return {
    get current() {
      return structuredClone(states.get(id));
    },
    refresh: async (only) => await rpc.call('refresh', { id, ...(only === undefined ? {} : { only: [...only] }) }),
    changed: (only) => rpc.note('changed', { id, ...(only === undefined ? {} : { only: [...only] }) }),
  };
}

function childStore(rpc: Rpc, store: string, schema: TSchema): Store<unknown> {
  const fit = (value: unknown, key: string): unknown => {
    if (value !== undefined && !Check(schema, value))
      throw new Error(`store "${store}": the value of "${key}" is not what its schema allows`);
    return value;
  };
  return {
    get: async (key) => {
      const { value } = (await rpc.call('store.get', { store, key })) as { readonly value?: unknown };
      return fit(value, key);
    },
    set: async (key, value) => {
      await rpc.call('store.set', { store, key, value: fit(value, key) });
    },
    delete: async (key) => (await rpc.call('store.delete', { store, key })) === true,
    entries: () =>
      pulled<readonly [string, unknown]>(
        () => rpc.call('store.entries', { store }),
        (stream) => rpc.call('next', { stream }),
        (stream) => rpc.call('end', { stream }),
      ),
  };
}

/** What throws at whoever emits is checked here; the agent checks again. */
function emit(rpc: Rpc, plugin: string, event: EventType<TSchema>, payload: unknown): void {
  if (!event.id.startsWith(`${plugin}.`)) throw EventInvalid({ event: event.id, problem: "it is another plugin's" });
  if (!Check(event.payload, payload))
    throw EventInvalid({ event: event.id, problem: 'its payload is not what its schema allows' });
  rpc.note('emit', { id: event.id, payload });
}

function childHttp({ rpc, plugin, origins }: ChildMembersOptions, pieces: Pieces): Http {
  let lastStream = 0;
  return {
    client(origin, defaults): HttpClient {
      if (!origins.includes(origin)) throw GrantHttp({ plugin, origin });
      const call = async (name: string, { signal, headers, ...request }: HttpRequest, more: Args): Promise<unknown> => {
        const all = { ...(await defaults?.headers?.()), ...headers };
        return await rpc.call(name, { origin, request: { ...request, headers: all }, ...more }, signal);
      };
      return {
        json: async (request, schema) => Decode(schema, await call('http.json', request, { schema })),
        text: async (request) => String(await call('http.text', request, {})),
        stream: async (request, onPiece) => {
          const stream = (lastStream += 1);
          pieces.set(stream, onPiece);
          await call('http.stream', request, { stream }).finally(() => pieces.delete(stream));
        },
      };
    },
  };
}
