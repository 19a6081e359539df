import { CommandFailed, isAgentError } from '@stormpulse/sdk';

const REASONS: Readonly<Record<number, string>> = {
  404: 'no_such_object',
  409: 'conflict',
  403: 'engine_refused',
  400: 'engine_refused',
};

const ANSWERED_BADLY = new Set(['E_DOCKER_STREAM', 'E_DOCKER_LIST_TOO_LONG', 'E_HTTP_SHAPE', 'E_HTTP_TOO_LARGE']);

/** Runs what a command asks of the engine; what the engine refuses becomes the command's own failure, in the engine's words. */
export async function asCommand<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isAgentError(error)) throw error;
    if (error.code === 'E_HTTP_STATUS') {
      const { status, excerpt } = error.details as { readonly status: number; readonly excerpt: string };
      throw CommandFailed(
        { reason: REASONS[status] ?? 'engine_error', message: messageIn(excerpt) ?? error.message },
        { cause: error },
      );
    }
    if (ANSWERED_BADLY.has(error.code)) throw CommandFailed({ reason: 'engine_error', message: error.message }, { cause: error });
    if (error.code === 'E_HTTP_UNREACHABLE' || error.code === 'E_DOCKER_API_OLD')
      throw CommandFailed({ reason: 'engine_unreachable', message: error.message }, { cause: error });
    throw error;
  }
}

/** Whether the engine said that there is nothing to change. */
export function isNotModified(error: unknown): boolean {
  return isAgentError(error) && error.code === 'E_HTTP_STATUS' && error.details['status'] === 304;
}

/** `{"message":"…"}`, which may have been cut. */
function messageIn(excerpt: string): string | undefined {
  const match = /^\{"message":"((?:[^"\\]|\\.)*)/u.exec(excerpt);
  return match?.[1]?.replaceAll('\\"', '"').replaceAll('\\n', ' ').replaceAll('\\\\', '\\');
}
