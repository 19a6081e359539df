import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { Login } from '../auth/logins.ts';

/** The people's server, with types from its TypeBox schemas. */
export type PeopleApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Who may call a route: anybody, or a login. Every route under `/api/` declares one. */
export type Access = 'open' | 'login';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** The login of this request; null on open routes without one. */
    login: Login | null;
  }
}

/** The cookie that carries a login (security model, SEC-334). */
export const LOGIN_COOKIE = '__Host-sp_login';

/** Where the API lives. */
export const API = '/api/v1';
