import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { HubError } from '../errors.ts';
import type { PeopleApp } from './app.ts';

/** Serves the dashboard's files; an address of a page, which has no file, gives its index.html. */
export async function serveDashboard(app: PeopleApp, dashboardDir: string | undefined): Promise<void> {
  const index = dashboardDir === undefined ? undefined : join(dashboardDir, 'index.html');
  if (dashboardDir === undefined || index === undefined || !existsSync(index)) {
    app.get('/', { schema: { hide: true } }, async () => {
      throw new HubError('E_DASHBOARD', 503, 'the dashboard is not built; run "npm run build", or start with --dashboard DIR');
    });
    return;
  }
  await app.register(fastifyStatic, { root: dashboardDir, index: false, cacheControl: false, dotfiles: 'deny', wildcard: true });
  app.get('/', { schema: { hide: true } }, async (_request, reply) => await reply.sendFile('index.html'));
  app.addHook('onSend', async (request, reply) => {
    // Their names carry a digest of their content.
    if (request.url.startsWith('/assets/') && reply.statusCode === 200)
      reply.header('cache-control', 'private, max-age=31536000, immutable');
  });
}

/** True for a page of the dashboard: not the API, no file, and a browser that asks for HTML. */
export function isPage(request: {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly accept?: string | undefined };
}): boolean {
  const path = request.url.split('?')[0] ?? '';
  const wantsHtml = request.headers.accept === undefined || /text\/html|\*\/\*/.test(request.headers.accept);
  return (request.method === 'GET' || request.method === 'HEAD') && !path.startsWith('/api/') && !path.includes('.') && wantsHtml;
}
