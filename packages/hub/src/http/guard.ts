import type { FastifyRequest } from 'fastify';
import { csrfMatches } from '../auth/logins.ts';
import type { Logins } from '../auth/logins.ts';
import { HubError } from '../errors.ts';
import { LOGIN_COOKIE } from './app.ts';
import type { PeopleApp } from './app.ts';
import { SECURITY_HEADERS } from './headers.ts';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Guards every request, also to what does not exist (design, D8; security model, SEC-336): our host names only, our pages
 * only, JSON only, nothing without a login but what says `access: 'open'`. `port` is known once the server listens.
 */
export function installGuard(app: PeopleApp, logins: Logins, port: () => number): void {
  app.decorateRequest('login', null);
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/') && route.config?.access === undefined)
      throw new Error(`route ${route.url} declares no access`);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const hosts = hostsOf(port());
    checkHost(request, hosts);
    checkFetchSite(request);
    const changes = !SAFE_METHODS.has(request.method);
    if (changes) {
      checkOrigin(request, hosts);
      checkContentType(request);
    }
    request.login = logins.find(request.cookies[LOGIN_COOKIE] ?? '', true) ?? null;
    if (!needsLogin(request)) return;
    if (request.login === null) {
      throw new HubError('E_AUTH_LOGIN', 401, 'sign in with the one-time link; "stormpulse-hub setup-code" prints a new one');
    }
    if (changes && !csrfMatches(request.login, String(request.headers['x-sp-csrf'] ?? ''))) {
      throw new HubError('E_CSRF', 403, 'header X-SP-CSRF is missing or wrong; GET /api/v1/me gives the right value');
    }
  });
}

function hostsOf(port: number): readonly string[] {
  return [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`];
}

/** A name that resolves to loopback in somebody else's DNS must not reach us (DNS rebinding). */
function checkHost(request: FastifyRequest, hosts: readonly string[]): void {
  if (hosts.includes(request.headers.host ?? '')) return;
  throw new HubError('E_HOST', 421, `only these names are answered: ${hosts.join(', ')}`);
}

function checkFetchSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  const opensPage = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET' && !isApi(request);
  if (!opensPage) throw new HubError('E_ORIGIN', 403, 'requests from other sites are refused');
}

function checkOrigin(request: FastifyRequest, hosts: readonly string[]): void {
  if (hosts.some((host) => request.headers.origin === `http://${host}`)) return;
  throw new HubError('E_ORIGIN', 403, `header Origin must be one of: ${hosts.map((host) => `http://${host}`).join(', ')}`);
}

function checkContentType(request: FastifyRequest): void {
  const type = request.headers['content-type'];
  const empty =
    type === undefined &&
    (request.headers['content-length'] ?? '0') === '0' &&
    request.headers['transfer-encoding'] === undefined;
  if (empty || type?.split(';')[0]?.trim().toLowerCase() === 'application/json') return;
  throw new HubError('E_MEDIA_TYPE', 415, 'send application/json');
}

function needsLogin(request: FastifyRequest): boolean {
  return isApi(request) && (request.is404 || request.routeOptions.config.access !== 'open');
}

function isApi(request: FastifyRequest): boolean {
  return request.url.startsWith('/api/');
}
