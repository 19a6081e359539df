import type { Key } from '../ports.ts';
import type { RegisteredCommand } from '../plugins/registry.ts';

/** The key of everything that may change the host: v1 ran commands one by one, and hosts rely on it (D7). */
const WRITE_KEY: Key = { name: 'write', places: 1 };

/** D7. Throws what `serializeBy` throws. */
export function keysOf(command: RegisteredCommand, params: Readonly<Record<string, unknown>>): readonly Key[] {
  const { serializeBy, concurrency, effect, mode } = command.definition;
  if (serializeBy !== undefined) return [{ name: `${command.plugin}:${serializeBy(params)}`, places: 1 }];
  if (concurrency !== undefined) return [{ name: `=${command.wireName}`, places: concurrency }];
  return effect === 'read' || mode.kind === 'job' ? [] : [WRITE_KEY];
}
