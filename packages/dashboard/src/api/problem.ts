import type { Problem } from './types.ts';

/** What the hub answered, or why it could not be asked. `status` is 0 when no answer came. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;

  constructor(problem: Problem, cause?: unknown) {
    super(`${problem.title}: ${problem.detail}`, { cause });
    this.code = problem.code;
    this.title = problem.title;
    this.detail = problem.detail;
    this.status = problem.status;
    this.fields = fieldErrors(problem.errors);
  }
}

/** Nothing came back: the hub is stopped, restarting, or not reachable from this browser. */
export function unreachable(cause: unknown): ApiError {
  return new ApiError(
    {
      code: 'E_UNREACHABLE',
      title: 'The hub does not answer',
      detail: 'Check that it still runs; this page asks again by itself.',
      status: 0,
    },
    cause,
  );
}

/** Reads an error answer; a body that is no problem document still gives a sentence. */
export function problemFrom(status: number, body: unknown): ApiError {
  const part = isRecord(body) ? body : {};
  return new ApiError({
    code: text(part['code'], `HTTP_${status}`),
    title: text(part['title'], `The hub answered ${status}`),
    detail: text(part['detail'], 'It gave no reason. Its log names the request.'),
    status,
    errors: part['errors'],
  });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** By the last part of each JSON Pointer, what was expected there. */
function fieldErrors(errors: unknown): Record<string, string> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  if (!Array.isArray(errors)) return found;
  for (const entry of errors.filter(isRecord)) {
    const name = text(entry['pointer'], '').split('/').at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~') ?? '';
    if (name !== '') found[name] = `Expected: ${text(entry['expected'], 'something else')}`;
  }
  return found;
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
