import { lookup } from 'node:dns/promises';
import { probeHub } from '@stormpulse/services';
import type { HubAnswer, WsTransportOptions } from '@stormpulse/services';
import { probeFolder } from '../host/replace-file.ts';

/** What a doctor asks of the world outside the host's own files. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execArgv: readonly string[];
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Rejects with a system's code. */
  readonly lookup: (host: string) => Promise<unknown>;
  /** Never rejects. */
  readonly probe: (options: ProbeOptions) => Promise<HubAnswer>;
  /** Writes a small file there and takes it away again; throws what the system says. */
  readonly tryWriting: (folder: string) => void;
}

export type ProbeOptions = Omit<WsTransportOptions, 'ca' | 'logger'> & { readonly ca: () => string };

const WRITTEN_BYTES = 16 * 1024;
const LOOKUP_MS = 5_000;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export function realSurroundings(): Surroundings {
  return {
    env: process.env,
    execArgv: process.execArgv,
    now: () => Date.now(),
    lookup: (host) => within(LOOKUP_MS, lookup(host)),
    probe: ({ ca, ...options }) => probeHub({ ...options, ca: attempt(ca), logger: SILENT }),
    // An empty file fits on a full disk.
    tryWriting: (folder) => probeFolder(folder, ' '.repeat(WRITTEN_BYTES)),
  };
}

/** A file that cannot be read trusts nobody; that it cannot is told by who looks at the files. */
function attempt(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}

/** A name server that does not answer holds a lookup for longer than a person waits. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer'), { code: 'ETIMEOUT' })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
