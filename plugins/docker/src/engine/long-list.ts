import { isAgentError } from '@stormpulse/sdk';
import { EngineListTooLong } from './errors.ts';

/** What a list of ten thousand takes, and no more: it is held whole while it is read. */
export const MAX_LIST_BYTES = 16 * 1024 * 1024;

/** Reads a list of up to {@link MAX_LIST_BYTES}. Rejects with `E_DOCKER_LIST_TOO_LONG`, which says what an operator can do, beside all of `read`. */
export async function longList<T>(what: string, read: (maxBytes: number) => Promise<T>): Promise<T> {
  try {
    return await read(MAX_LIST_BYTES);
  } catch (error) {
    if (isAgentError(error) && error.code === 'E_HTTP_TOO_LARGE')
      throw EngineListTooLong({ what, maxBytes: MAX_LIST_BYTES }, { cause: error });
    throw error;
  }
}
