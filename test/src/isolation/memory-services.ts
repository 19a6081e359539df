import { Check, Clean } from '@sinclair/typebox/value';
import type { PluginOwner, PluginServiceFactory } from '@stormpulse/kernel';
import { EventInvalid } from '@stormpulse/plugin-api/internal';
import type { Contributions } from '@stormpulse/plugin-api/internal';
import type { HttpRequest, Store } from '@stormpulse/plugin-api';

/** What stands behind `ctx` in these tests: in memory, seen from outside. */
export interface MemoryServices {
  readonly factory: PluginServiceFactory;
  readonly stored: Map<string, unknown>;
  readonly requests: HttpRequest[];
  readonly emitted: { readonly id: string; readonly payload: unknown }[];
  readonly health: (string | undefined)[];
  /** What setup declared, by plugin. */
  readonly declared: Map<string, Contributions>;
}

export function memoryServices(secrets: Readonly<Record<string, string>> = {}): MemoryServices {
  const stored = new Map<string, unknown>();
  const requests: HttpRequest[] = [];
  const emitted: { id: string; payload: unknown }[] = [];
  const health: (string | undefined)[] = [];
  const declared = new Map<string, Contributions>();
  const factory = (owner: PluginOwner): ReturnType<PluginServiceFactory> => ({
    http: {
      client: (origin, defaults) => {
        if (owner.capabilities.http?.includes(origin) !== true) throw new Error(`E_GRANT_HTTP ${origin}`);
        const asked = async ({ path, method, body, headers }: HttpRequest): Promise<void> => {
          requests.push({
            path,
            ...(method === undefined ? {} : { method }),
            ...(body === undefined ? {} : { body }),
            headers: { ...(await defaults?.headers?.()), ...headers },
          });
        };
        return {
          json: async (request, schema) => {
            await asked(request);
            const answer = Clean(schema, { ok: true, more: 1 });
            if (!Check(schema, answer)) throw new Error('E_HTTP_SHAPE');
            return answer;
          },
          text: async (request) => await asked(request).then(() => 'text of it'),
          stream: async (request, onPiece) => {
            await asked(request);
            for (const piece of ['a', 'b', 'c']) await onPiece(new TextEncoder().encode(piece));
          },
        };
      },
    },
    store: (name, schema) => memoryStore(stored, name, (value) => Check(schema, value)),
    emit: ({ id, payload: schema }, payload) => {
      if (!Check(schema, payload)) throw EventInvalid({ event: id, problem: 'its payload is not what its schema allows' });
      emitted.push({ id, payload });
    },
    logCatalogue: () => Promise.reject(new Error('nobody reads logs here')),
    reveal: async (source) => {
      const name = 'env' in source ? source.env : source.file;
      const value = secrets[name];
      if (value === undefined) throw new Error(`E_SECRET ${name}`);
      return await Promise.resolve(value);
    },
    adopt: (contributions) => void declared.set(owner.name, contributions),
    start: () => undefined,
    close: () => undefined,
  });
  return { factory, stored, requests, emitted, health, declared };
}

function memoryStore(stored: Map<string, unknown>, name: string, fits: (value: unknown) => boolean): Store<unknown> {
  return {
    get: async (key) => await Promise.resolve(stored.get(`${name}/${key}`)),
    set: async (key, value) => {
      if (!fits(value)) throw new Error('E_STORE_SHAPE');
      stored.set(`${name}/${key}`, value);
      await Promise.resolve();
    },
    delete: async (key) => await Promise.resolve(stored.delete(`${name}/${key}`)),
    entries: async function* entries() {
      for (const [path, value] of [...stored].sort(([one], [other]) => (one < other ? -1 : 1)))
        if (path.startsWith(`${name}/`)) yield await Promise.resolve([path.slice(name.length + 1), value] as const);
    },
  };
}
