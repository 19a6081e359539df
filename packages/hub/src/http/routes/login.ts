import { Type } from '@sinclair/typebox';
import type { Logins } from '../../auth/logins.ts';
import { HubError } from '../../errors.ts';
import { API, LOGIN_COOKIE } from '../app.ts';
import type { PeopleApp } from '../app.ts';
import { ProblemSchema } from '../schemas.ts';

const COOKIE = { httpOnly: true, secure: true, sameSite: 'strict', path: '/' } as const;

/** Signing in with the one-time code, and out. */
export function loginRoutes(app: PeopleApp, { logins }: { readonly logins: Logins }): void {
  app.post(
    `${API}/setup`,
    {
      config: { access: 'open', rateLimit: { max: 20, timeWindow: 15 * 60_000 } },
      schema: {
        summary: 'Sign in with the one-time code',
        body: Type.Object({ code: Type.String({ minLength: 1, maxLength: 128 }) }, { additionalProperties: false }),
        response: { 200: Type.Object({ csrf: Type.String() }), default: ProblemSchema },
      },
    },
    async (request, reply) => {
      const signedIn = logins.signIn(request.body.code);
      if (signedIn === undefined) {
        throw new HubError(
          'E_AUTH_CODE',
          401,
          'this code is wrong, used or older than 15 minutes; "stormpulse-hub setup-code" prints a new link',
        );
      }
      reply.setCookie(LOGIN_COOKIE, signedIn.cookie, COOKIE);
      return { csrf: signedIn.login.csrf };
    },
  );

  app.get(
    `${API}/me`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'The login, and the value for X-SP-CSRF',
        response: {
          200: Type.Object({ csrf: Type.String(), login: Type.Object({ since: Type.Integer() }) }),
          default: ProblemSchema,
        },
      },
    },
    async ({ login }) => ({ csrf: login?.csrf ?? '', login: { since: login?.createdAt ?? 0 } }),
  );

  app.post(
    `${API}/logout`,
    { config: { access: 'login' }, schema: { summary: 'End the login', response: { 204: Type.Null(), default: ProblemSchema } } },
    async (request, reply) => {
      logins.signOut(request.cookies[LOGIN_COOKIE] ?? '');
      reply.clearCookie(LOGIN_COOKIE, COOKIE);
      return await reply.code(204).send(null);
    },
  );
}
