import { Type } from '@sinclair/typebox';
import { HubError } from '../../errors.ts';
import { commandViews } from '../../state/command-view.ts';
import { findAgentView, toAgentView } from '../../state/agent-view.ts';
import type { AgentRow } from '../../storage/agent-store.ts';
import type { Stores } from '../../storage/stores.ts';
import { API } from '../app.ts';
import type { PeopleApp } from '../app.ts';
import { AgentParams, AgentViewSchema, CommandSchema, EventSchema, Limit, PluginSchema, ProblemSchema } from '../schemas.ts';

/** Agents, their commands, plugins and events. */
export function agentRoutes(app: PeopleApp, { stores }: { readonly stores: Stores }): void {
  function mustFind(id: string): AgentRow {
    const agent = stores.agents.find(id);
    if (agent === undefined) throw new HubError('E_AGENT', 404, `there is no agent "${id}"`);
    return agent;
  }

  app.get(
    `${API}/agents`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'Every agent',
        response: { 200: Type.Object({ items: Type.Array(AgentViewSchema), next: Type.Null() }), default: ProblemSchema },
      },
    },
    async () => ({
      items: stores.agents.all().map((agent) => toAgentView(agent, stores.certificates.latestOf(agent.id))),
      next: null,
    }),
  );

  app.get(
    `${API}/agents/:id`,
    {
      config: { access: 'login' },
      schema: { summary: 'One agent', params: AgentParams, response: { 200: AgentViewSchema, default: ProblemSchema } },
    },
    async ({ params }) => {
      const view = findAgentView(stores, params.id);
      if (view === undefined) throw new HubError('E_AGENT', 404, `there is no agent "${params.id}"`);
      return view;
    },
  );

  app.get(
    `${API}/agents/:id/commands`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'What the agent may be asked to run',
        params: AgentParams,
        response: { 200: Type.Object({ items: Type.Array(CommandSchema) }), default: ProblemSchema },
      },
    },
    async ({ params }) => ({
      items: commandViews(mustFind(params.id).manifest, stores.manifests.of(params.id)),
    }),
  );

  app.get(
    `${API}/agents/:id/plugins`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'Last state of the plugins, and what each declares',
        params: AgentParams,
        response: { 200: Type.Object({ items: Type.Array(PluginSchema) }), default: ProblemSchema },
      },
    },
    async ({ params }) => {
      const { id } = mustFind(params.id);
      const declared = new Map(stores.manifests.of(id).map((plugin) => [plugin.name, plugin]));
      return { items: stores.plugins.of(id).map((plugin) => ({ ...plugin, declared: declared.get(plugin.name) ?? null })) };
    },
  );

  app.get(
    `${API}/agents/:id/events`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'Events, newest first',
        params: AgentParams,
        querystring: Type.Object({ limit: Type.Optional(Limit) }),
        response: { 200: Type.Object({ items: Type.Array(EventSchema), next: Type.Null() }), default: ProblemSchema },
      },
    },
    async ({ params, query }) => ({
      items: stores.events.latest(mustFind(params.id).id, Number(query.limit ?? 50)),
      next: null,
    }),
  );
}
