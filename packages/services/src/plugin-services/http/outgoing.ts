import type { HttpRequest } from '@stormpulse/plugin-api';
import { HttpRequestInvalid } from './errors.ts';
import type { HttpOutgoing } from './exchange.ts';
import type { Origin } from './origin.ts';

const MAX_PATH_CHARS = 8_192;
/** They decide where a request goes, or how its bytes are framed: not the plugin's to set. */
const OURS = /^(?:connection|content-length|expect|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/u;

/** Checks a plugin's request and completes it. Throws `E_HTTP_REQUEST`, which holds no value of a header. */
export function asOutgoing(
  request: HttpRequest,
  origin: Origin,
  defaults: Readonly<Record<string, string>>,
): Pick<HttpOutgoing, 'origin' | 'method' | 'path' | 'headers' | 'body'> {
  const method = (request.method ?? 'GET').toUpperCase();
  if (!/^[A-Z]{1,20}$/u.test(method) || method === 'CONNECT' || method === 'TRACE')
    throw HttpRequestInvalid({ what: 'method', problem: `is ${JSON.stringify(method.slice(0, 40))}; name a usual one` });
  assertPath(request.path);
  const body = asJson(request.body);
  const content = body === undefined ? {} : { 'content-type': 'application/json' };
  const length = body === undefined && method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body ?? '')) };
  const headers = { ...content, ...lowerCased(defaults, origin), ...lowerCased(request.headers ?? {}, origin), ...length };
  return { origin, method, path: request.path, headers, body };
}

/** SEC-204: whatever it holds, it stays a path of the origin that was granted. */
function assertPath(path: string): void {
  const refuse = (problem: string): never => {
    throw HttpRequestInvalid({
      what: 'path',
      problem: `${problem}: ${JSON.stringify(path.replace(/\?.*/su, '').slice(0, 200))}`,
    });
  };
  if (!path.startsWith('/') || path.startsWith('//')) refuse('must begin with one "/", and name no other origin');
  if (path.length > MAX_PATH_CHARS) refuse(`has more than ${MAX_PATH_CHARS} characters`);
  if (!/^[!-~]+$/u.test(path) || /[\\#]/u.test(path))
    refuse('holds a character that must be encoded (encodeURIComponent) or has no place in a path');
  if (/\/(?:\.|%2e){1,2}(?:[/?]|$)/iu.test(path)) refuse('has a "." or ".." segment');
}

function lowerCased(headers: Readonly<Record<string, string>>, origin: Origin): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([written, value]) => {
      const name = written.toLowerCase();
      const shown = JSON.stringify(name.slice(0, 60));
      // On a socket a host names nothing but what the service asks for.
      if (OURS.test(name) && !(name === 'host' && origin.scheme === 'unix'))
        throw HttpRequestInvalid({ what: 'header', problem: `${shown} is the agent's to set` });
      if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/u.test(name) || typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/u.test(value))
        throw HttpRequestInvalid({ what: 'header', problem: `${shown} has a character that no header may have` });
      return [name, value];
    }),
  );
}

function asJson(body: unknown): string | undefined {
  if (body === undefined) return undefined;
  let problem = 'cannot be written as JSON';
  try {
    const text = JSON.stringify(body) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    if (error instanceof Error) problem = `cannot be written as JSON: ${error.message.slice(0, 200)}`;
  }
  throw HttpRequestInvalid({ what: 'body', problem });
}
