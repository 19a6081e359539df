import { existsSync } from 'node:fs';
import { join } from 'node:path';
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify from 'fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EnrolToken } from '../agents/tokens.ts';
import type { Logins } from '../auth/logins.ts';
import type { Issue } from '../commands/issue.ts';
import type { LiveOutput } from '../commands/live-output.ts';
import { listenError } from '../config/listen-error.ts';
import type { Clock, HubLog, ListenAddress } from '../config/options.ts';
import { HubError, messageOf } from '../errors.ts';
import type { Changes } from '../state/changes.ts';
import type { Stores } from '../storage/stores.ts';
import { API } from './app.ts';
import type { PeopleApp } from './app.ts';
import { installGuard } from './guard.ts';
import { SECURITY_HEADERS } from './headers.ts';
import { toProblem } from './problem.ts';
import { agentRoutes } from './routes/agents.ts';
import { enrolTokenRoutes } from './routes/enrol-tokens.ts';
import { loginRoutes } from './routes/login.ts';
import { metricRoutes } from './routes/metrics.ts';
import { runRoutes } from './routes/runs.ts';
import { streamRoutes } from './routes/stream.ts';
import { isPage, serveDashboard } from './static-files.ts';

/** What the people's server works with. */
export interface PeoplePorts {
  readonly stores: Stores;
  readonly logins: Logins;
  readonly issue: Issue;
  readonly output: LiveOutput;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: HubLog;
  readonly createToken: (agentId: string, minutes: number | undefined) => EnrolToken;
  readonly lineFor: (agentId: string, token: string) => string;
}

/** The people's listener: loopback HTTP, JSON API and dashboard (design, D8). */
export interface PeopleServer {
  readonly address: ListenAddress;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;
const REQUESTS_PER_MINUTE = 3_000;

export async function openPeopleServer(
  ports: PeoplePorts,
  options: { readonly listen: ListenAddress; readonly dashboardDir: string | undefined },
): Promise<PeopleServer> {
  const { listen, dashboardDir } = options;
  const app = newApp();
  let port = listen.port;
  handleErrors(app, ports.log, dashboardDir);
  await app.register(cookie);
  installGuard(app, ports.logins, () => port);
  await app.register(rateLimit, {
    max: REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { after }) => new HubError('E_RATE', 429, `too many requests; try again in ${after}`),
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Storm Pulse hub', version: '1', description: 'The JSON API of the control plane.' },
    },
  });
  installRoutes(app, ports);
  await serveDashboard(app, dashboardDir);
  try {
    await app.listen({ host: listen.host, port });
  } catch (error) {
    await app.close();
    throw listenError(error as NodeJS.ErrnoException, listen, '--people-listen');
  }
  const bound = app.server.address();
  if (typeof bound === 'object' && bound !== null) port = bound.port;
  return { address: { host: listen.host, port }, close: () => app.close() };
}

function newApp(): PeopleApp {
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 128 },
    http: { maxHeaderSize: 16 * 1024, headersTimeout: 10_000 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  // The schemas document and type the answers; they must not be able to drop a field from one.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  return app;
}

function installRoutes(app: PeopleApp, ports: PeoplePorts): void {
  app.get(`${API}/health`, { config: { access: 'open' }, schema: { summary: 'Is the hub there' } }, async () => ({ ok: true }));
  app.get(`${API}/openapi.json`, { config: { access: 'login' }, schema: { hide: true } }, async () => app.swagger());
  loginRoutes(app, ports);
  agentRoutes(app, ports);
  metricRoutes(app, ports);
  runRoutes(app, ports);
  enrolTokenRoutes(app, ports);
  streamRoutes(app, ports);
}

/** Which methods an address under `/api/` has; filled while routes are added. */
function collectMethods(app: PeopleApp): (path: string) => string[] {
  const routes: { readonly path: RegExp; readonly methods: readonly string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    if (url.startsWith('/api/'))
      routes.push({ path: new RegExp(`^${url.replaceAll(/:[a-z]+/g, '[^/]+')}$`), methods: [method].flat() });
  });
  return (path) => [...new Set(routes.filter((route) => route.path.test(path)).flatMap(({ methods }) => methods))];
}

function handleErrors(app: PeopleApp, log: HubLog, dashboardDir: string | undefined): void {
  const methodsOf = collectMethods(app);
  app.setErrorHandler(async (error, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) log.error({ trace: problem.trace, url: request.url, error: messageOf(error) }, 'request failed');
    if (problem.status === 429) reply.header('retry-after', '60');
    return await reply.headers(SECURITY_HEADERS).code(problem.status).type('application/problem+json').send(problem);
  });
  const hasPages = dashboardDir !== undefined && existsSync(join(dashboardDir, 'index.html'));
  app.setNotFoundHandler(async (request: FastifyRequest, reply: FastifyReply) => {
    if (hasPages && isPage(request)) return await reply.code(200).sendFile('index.html');
    const allowed = methodsOf(request.url.split('?')[0] ?? '/');
    if (allowed.length > 0) {
      reply.header('allow', allowed.join(', '));
      throw new HubError('E_METHOD', 405, `${request.method} is not answered here; allowed: ${allowed.join(', ')}`);
    }
    throw new HubError('E_NOT_FOUND', 404, 'no such address; /api/v1/openapi.json lists them');
  });
}
