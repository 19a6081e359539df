import type { PluginServiceFactory } from '@stormpulse/kernel';

export interface PluginServicesOptions {}

/** What stands behind `ctx` for each plugin, its namespace and its grants applied. */
export function createPluginServices(_options: PluginServicesOptions = {}): PluginServiceFactory {
  const missing = (): never => {
    throw new Error('this agent has no such service yet');
  };
  return () => ({
    http: { client: missing },
    store: missing,
    emit: missing,
    reveal: () => Promise.reject(new Error('this agent reads no secrets yet')),
    adopt: () => undefined,
    start: () => undefined,
    close: () => undefined,
  });
}
