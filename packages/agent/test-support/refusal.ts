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

/** What is refused by and by, as `CODE: message`. Throws when something else than an error of ours comes. */
export async function refusalText(work: Promise<unknown>): Promise<string> {
  try {
    return `not refused: ${String(await work)}`;
  } catch (error) {
    if (isAgentError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}
