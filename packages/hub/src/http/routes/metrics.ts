import { Type } from '@sinclair/typebox';
import type { Clock } from '../../config/options.ts';
import { HubError } from '../../errors.ts';
import { AGENT_ID_PATTERN } from '../../storage/ids.ts';
import { METRIC_NAMES } from '../../storage/metric-store.ts';
import type { MetricName } from '../../storage/metric-store.ts';
import type { Stores } from '../../storage/stores.ts';
import { API } from '../app.ts';
import type { PeopleApp } from '../app.ts';
import { MetricsSchema, ProblemSchema } from '../schemas.ts';

const UnixSeconds = Type.String({ pattern: '^[0-9]{1,11}$', description: 'Unix seconds' });
const HOUR_S = 3_600;

/** Figures over time, as columns. Without `from` and `to`: the last hour. */
export function metricRoutes(app: PeopleApp, { stores, clock }: { readonly stores: Stores; readonly clock: Clock }): void {
  app.get(
    `${API}/metrics`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'Figures of one agent over time',
        querystring: Type.Object({
          agent: Type.String({ pattern: AGENT_ID_PATTERN }),
          names: Type.String({ description: `comma-separated, of: ${METRIC_NAMES.join(', ')}` }),
          points: Type.Optional(Type.String({ pattern: '^([1-9][0-9]{0,2}|[1-3][0-9]{3}|4000)$', description: '1 to 4000' })),
          from: Type.Optional(UnixSeconds),
          to: Type.Optional(UnixSeconds),
        }),
        response: { 200: MetricsSchema, default: ProblemSchema },
      },
    },
    async ({ query }) => {
      if (stores.agents.find(query.agent) === undefined) throw new HubError('E_AGENT', 404, `there is no agent "${query.agent}"`);
      const to = Number(query.to ?? Math.ceil(clock.now() / 1_000));
      const from = Number(query.from ?? to - HOUR_S);
      const range = { fromMs: from * 1_000, toMs: to * 1_000, points: Number(query.points ?? 240) };
      return stores.metrics.read(query.agent, metricNames(query.names), range);
    },
  );
}

function metricNames(text: string): MetricName[] {
  return [...new Set(text.split(','))].map((name) => {
    const known = METRIC_NAMES.find((candidate) => candidate === name);
    if (known !== undefined) return known;
    throw new HubError('E_METRIC_PARAM', 422, `there is no figure "${name.slice(0, 80)}"; known are ${METRIC_NAMES.join(', ')}`, {
      errors: [{ pointer: '/names', got: name.slice(0, 80), expected: `of ${METRIC_NAMES.join(', ')}` }],
    });
  });
}
