import { Type } from '@sinclair/typebox';
import { DeclaredPlugin, FormField, PluginCommand } from '@stormpulse/protocol';
import type { RunView } from '../commands/run-view.ts';
import type { CommandView } from '../state/command-view.ts';
import type { AgentView } from '../state/agent-view.ts';
import type { EventRow } from '../storage/event-store.ts';
import { AGENT_ID_PATTERN } from '../storage/ids.ts';
import type { MetricColumns } from '../storage/metric-store.ts';
import type { PluginReport } from '../storage/plugin-store.ts';

/** Schemas of the API's shapes; they check requests and document answers (`/api/v1/openapi.json`). */
const NullableString = Type.Union([Type.String(), Type.Null()]);
const NullableNumber = Type.Union([Type.Number(), Type.Null()]);

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    trace: Type.String(),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String(), expected: Type.String() }, { additionalProperties: true })),
    ),
  },
  { description: 'RFC 9457, application/problem+json' },
);

export const AgentParams = Type.Object({ id: Type.String({ pattern: AGENT_ID_PATTERN }) });
export const Limit = Type.String({ pattern: '^([1-9][0-9]?|[1-4][0-9]{2}|500)$', description: '1 to 500' });

export const AgentViewSchema = Type.Unsafe<AgentView>(
  Type.Object({
    id: Type.String(),
    state: Type.String(),
    version: NullableString,
    os: NullableString,
    liveness: Type.Object({
      link: Type.Object({ state: Type.Union([Type.Literal('up'), Type.Literal('down')]), since: Type.Integer() }),
      agent: Type.Object({
        state: Type.Union([Type.Literal('ok'), Type.Literal('clock_off'), Type.Literal('silent')]),
        since: Type.Integer(),
        skew_ms: NullableNumber,
      }),
    }),
    figures: Type.Union([Type.Record(Type.String(), NullableNumber), Type.Null()]),
    certificate: Type.Union([Type.Object({ serial: Type.String(), not_after: Type.Integer() }), Type.Null()]),
    signoff: Type.Object({ sealed: Type.Union([Type.Boolean(), Type.Null()]), unsealed_since: NullableString }),
    features: Type.Array(Type.String()),
    revision: Type.Integer(),
  }),
);

const FormSchema = Type.Object(
  {
    plugin: Type.String(),
    title: Type.String(),
    effect: PluginCommand.properties.effect,
    confirm: PluginCommand.properties.confirm,
    params: Type.Record(Type.String(), FormField),
  },
  { description: 'what the plugin declares of the command; null where only the fields beside it are known' },
);

export const CommandSchema = Type.Unsafe<CommandView>(
  Type.Object({
    name: Type.String(),
    group: Type.String(),
    description: Type.String(),
    template: Type.Array(Type.String()),
    timeout: Type.Number({ description: 'seconds' }),
    requires_confirmation: Type.Boolean(),
    long_running: Type.Boolean(),
    params: Type.Record(
      Type.String(),
      Type.Object({ default: NullableString, pattern: NullableString, description: Type.String() }),
    ),
    form: Type.Union([FormSchema, Type.Null()]),
  }),
);

export const PluginSchema = Type.Unsafe<PluginReport & { readonly declared: DeclaredPlugin | null }>(
  Type.Object({
    name: Type.String(),
    status: Type.String(),
    disabled_reason: NullableString,
    state: Type.Unknown(),
    declared: Type.Union([DeclaredPlugin, Type.Null()]),
  }),
);

export const EventSchema = Type.Unsafe<EventRow>(
  Type.Object({
    id: Type.Integer(),
    at: Type.Integer({ description: 'Unix milliseconds' }),
    kind: Type.String(),
    source: Type.String(),
    body: Type.Unknown(),
  }),
);

export const RunViewSchema = Type.Unsafe<RunView>(
  Type.Object({
    id: Type.String(),
    agent: Type.String(),
    command: Type.String(),
    params: Type.Record(Type.String(), Type.String()),
    state: Type.String({
      description: 'queued, sent, running, succeeded, failed, cancelled, interrupted, unknown, expired, refused',
    }),
    created_at: Type.Integer(),
    ended_at: NullableNumber,
    target: Type.Object({
      state: Type.String(),
      reason: NullableString,
      request_id: Type.String(),
      sent_at: NullableNumber,
      result: Type.Union([
        Type.Object({
          success: Type.Boolean(),
          exit_code: Type.Integer(),
          stdout: Type.String(),
          stderr: Type.String(),
          duration_ms: Type.Integer(),
          failure_reason: NullableString,
        }),
        Type.Null(),
      ]),
      output: Type.Union([Type.Object({ stdout: Type.String(), stderr: Type.String() }), Type.Null()]),
    }),
  }),
);

export const MetricsSchema = Type.Unsafe<MetricColumns>(
  Type.Object({
    t: Type.Array(Type.Integer({ description: 'Unix seconds' })),
    series: Type.Array(Type.Object({ name: Type.String(), unit: Type.String(), values: Type.Array(NullableNumber) })),
  }),
);

export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.String({
    pattern: '^[\\x21-\\x7e]{1,64}$',
    description: 'the same key and body again give the same answer',
  }),
});
