import { isAgentError } from '@stormpulse/plugin-api';

export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** The message's lines, without `path`. */
  readonly lines: readonly string[];
}

/** What `work` refuses with. Throws when it refuses nothing, or with something else than an error of ours. */
export function refusalOf(work: () => unknown, path = ''): Refusal {
  try {
    work();
  } catch (error) {
    if (!isAgentError(error)) throw error;
    return { code: error.code, message: error.message, lines: error.message.split('\n').map((line) => line.replace(path, '')) };
  }
  throw new Error('nothing was refused');
}
