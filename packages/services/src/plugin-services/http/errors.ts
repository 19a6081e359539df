import { defineError } from '@stormpulse/plugin-api';

/** What was asked, as errors may tell it: no header, no query, no body. */
export interface Asked {
  readonly method: string;
  /** As the plugin was granted it. */
  readonly origin: string;
  /** Without its query, at most 200 characters. */
  readonly path: string;
}

const asked = ({ method, origin, path }: Asked): string => `${method} ${path} of ${origin}`;

export const HttpUnreachable = defineError<Asked & { reason: string }>(
  'E_HTTP_UNREACHABLE',
  'unavailable',
  'remote',
  (d) => `${asked(d)} was not answered: ${d.reason}; check that it runs and that its address in the file is right`,
);

type Answered = Asked & { status: number; excerpt: string };
const answered = (d: Answered): string =>
  `${asked(d)} was answered with HTTP ${d.status}${d.excerpt === '' ? '' : `: ${d.excerpt}`}`;

/** It would be the same another time. */
export const HttpStatus = defineError<Answered>('E_HTTP_STATUS', 'failed_precondition', 'remote', answered);
/** Of 429 and 5xx: another time it may go well. */
export const HttpStatusForNow = defineError<Answered>('E_HTTP_STATUS', 'unavailable', 'remote', answered);

export const HttpShape = defineError<Asked & { at: string; expected: string }>(
  'E_HTTP_SHAPE',
  'failed_precondition',
  'remote',
  (d) =>
    `${asked(d)} answered what the plugin does not understand, at ${d.at}: expected ${d.expected}; is this the service and the version it was written for?`,
);
export const HttpTooLarge = defineError<Asked & { maxBytes: number }>(
  'E_HTTP_TOO_LARGE',
  'resource_exhausted',
  'remote',
  (d) => `${asked(d)} answered more than ${d.maxBytes} bytes; ask for less at once, or set maxBytes`,
);
export const HttpRequestInvalid = defineError<{ what: string; problem: string }>(
  'E_HTTP_REQUEST',
  'invalid_argument',
  'plugin',
  (d) => `the ${d.what} of an HTTP request ${d.problem}`,
);
export const HttpOrigin = defineError<{ origin: string; problem: string }>(
  'E_HTTP_ORIGIN',
  'invalid_argument',
  'operator',
  (d) =>
    `"${d.origin}" is no origin: ${d.problem}; write http://HOST:PORT, https://HOST:PORT or unix:/PATH, without anything after it`,
);
