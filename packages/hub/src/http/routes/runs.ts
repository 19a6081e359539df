import { Type } from '@sinclair/typebox';
import type { Issue } from '../../commands/issue.ts';
import type { LiveOutput } from '../../commands/live-output.ts';
import { findRunView } from '../../commands/run-view.ts';
import { HubError } from '../../errors.ts';
import { AGENT_ID_PATTERN } from '../../storage/ids.ts';
import type { Stores } from '../../storage/stores.ts';
import { API } from '../app.ts';
import type { PeopleApp } from '../app.ts';
import { IdempotencyHeaders, Limit, ProblemSchema, RunViewSchema } from '../schemas.ts';

/** Running commands. */
export function runRoutes(
  app: PeopleApp,
  { stores, issue, output }: { readonly stores: Stores; readonly issue: Issue; readonly output: LiveOutput },
): void {
  app.post(
    `${API}/runs`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'Run a command on an agent',
        headers: IdempotencyHeaders,
        body: Type.Object(
          {
            agent: Type.String({ pattern: AGENT_ID_PATTERN }),
            command: Type.String({ minLength: 1, maxLength: 128 }),
            params: Type.Record(Type.String(), Type.String({ maxLength: 65_536 }), { maxProperties: 32 }),
            confirm: Type.Optional(Type.String({ maxLength: 64 })),
          },
          { additionalProperties: false },
        ),
        response: { 202: RunViewSchema, default: ProblemSchema },
      },
    },
    async (request, reply) => {
      const { agent, command, params, confirm } = request.body;
      const order = { agent, command, params, ...(confirm === undefined ? {} : { confirm }) };
      return await reply.code(202).send(issue.run(order, request.headers['idempotency-key']));
    },
  );

  app.post(
    `${API}/agents/:id/commands/:request/cancel`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'Cancel a command that waits or runs',
        headers: IdempotencyHeaders,
        params: Type.Object({
          id: Type.String({ pattern: AGENT_ID_PATTERN }),
          request: Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$', description: 'target.request_id of its run' }),
        }),
        response: { 202: RunViewSchema, default: ProblemSchema },
      },
    },
    async ({ params, headers }, reply) =>
      await reply.code(202).send(issue.cancel(params.id, params.request, headers['idempotency-key'])),
  );

  app.get(
    `${API}/runs/:id`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'One run',
        params: Type.Object({ id: Type.String({ pattern: '^run_[0-9A-Z]{26}$' }) }),
        response: { 200: RunViewSchema, default: ProblemSchema },
      },
    },
    async ({ params }) => {
      const view = findRunView(stores.runs, params.id, output);
      if (view === undefined) throw new HubError('E_RUN', 404, `there is no run ${params.id}`);
      return view;
    },
  );

  app.get(
    `${API}/runs`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'Runs, newest first',
        querystring: Type.Object({
          agent: Type.Optional(Type.String({ pattern: AGENT_ID_PATTERN })),
          limit: Type.Optional(Limit),
        }),
        response: { 200: Type.Object({ items: Type.Array(RunViewSchema), next: Type.Null() }), default: ProblemSchema },
      },
    },
    async ({ query }) => ({
      items: stores.runs
        .latest(query.agent, Number(query.limit ?? 50))
        .flatMap(({ id }) => findRunView(stores.runs, id, output) ?? []),
      next: null,
    }),
  );
}
