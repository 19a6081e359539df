import { readFileSync } from 'node:fs';
import type { AgentConfig } from '../config/agent-config.ts';
import { currentPair } from '../host/client-pair.ts';

/** What a dial made now would show, as far as it can be read: the renewed pair, or the one that the file names. */
export function pairInUse(config: Partial<AgentConfig>): { readonly cert: string | undefined; readonly key: string | undefined } {
  const { certificatePath, keyPath, databasePath } = config;
  if (certificatePath !== undefined && keyPath !== undefined && databasePath !== undefined) {
    try {
      return currentPair({ certificatePath, keyPath, databasePath }, (path) => readFileSync(path));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  }
  return { cert: textOf(certificatePath), key: textOf(keyPath) };
}

/** Undefined when it cannot be read. */
export function textOf(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
