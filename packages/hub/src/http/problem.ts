import { randomBytes } from 'node:crypto';
import { HubError } from '../errors.ts';
import type { FieldError } from '../errors.ts';

/** An answer that is a refusal (RFC 9457; hub page, section 6). `trace` finds the line in the hub's log. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly trace: string;
  readonly errors?: readonly FieldError[];
}

interface Known {
  readonly code: `E_${string}`;
  readonly status: number;
  readonly title: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  401: 'Sign in first',
  403: 'Refused',
  404: 'There is nothing here',
  405: 'This method is not answered here',
  409: 'The state does not allow it',
  413: 'The request is too large',
  415: 'Only JSON is taken',
  421: 'This host name is not ours',
  422: 'A part of the request was refused',
  428: 'Something is missing',
  429: 'Too many requests',
  503: 'The hub cannot do this now',
};

const FASTIFY_CODES: Readonly<Record<string, Known>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: known('E_TOO_LARGE', 413),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: known('E_MEDIA_TYPE', 415),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: known('E_BODY', 400),
  FST_ERR_CTP_INVALID_JSON_BODY: known('E_BODY', 400),
  FST_ERR_CTP_EMPTY_JSON_BODY: known('E_BODY', 400),
};

/** Makes a problem of anything thrown. What is not ours becomes 500 without a word of its text. */
export function toProblem(error: unknown): Problem {
  const trace = randomBytes(8).toString('hex');
  if (error instanceof HubError) return problem(known(error.code, error.status), error.message, trace, error.errors);
  const fields = validationErrors(error);
  if (fields !== undefined) {
    return problem(
      known('E_PARAM', 422),
      fields.map(({ pointer, expected }) => `${pointer} ${expected}`).join('; '),
      trace,
      fields,
    );
  }
  const fastify = FASTIFY_CODES[codeOf(error)];
  if (fastify !== undefined) return problem(fastify, error instanceof Error ? error.message : fastify.title, trace);
  return problem({ code: 'E_INTERNAL', status: 500, title: 'The hub failed' }, `look for ${trace} in the hub's log`, trace);
}

function known(code: `E_${string}`, status: number): Known {
  return { code, status, title: TITLES[status] ?? 'Refused' };
}

function problem({ code, status, title }: Known, detail: string, trace: string, errors: readonly FieldError[] = []): Problem {
  const type = `urn:stormpulse:problem:${code.toLowerCase()}`;
  return { type, title, status, code, detail, trace, ...(errors.length > 0 ? { errors } : {}) };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

interface AjvError {
  readonly instancePath?: string;
  readonly message?: string;
  readonly params?: { readonly missingProperty?: string; readonly additionalProperty?: string };
}

function validationErrors(error: unknown): FieldError[] | undefined {
  if (typeof error !== 'object' || error === null || !('validation' in error) || !Array.isArray(error.validation))
    return undefined;
  return (error.validation as AjvError[]).map(({ instancePath = '', message = 'is wrong', params = {} }) => {
    const name = params.missingProperty ?? params.additionalProperty;
    return { pointer: name === undefined ? instancePath || '/' : `${instancePath}/${name}`, expected: message };
  });
}
