import { Type } from '@sinclair/typebox';
import { CommandManifest } from './manifest.ts';
import { FreeObject, nullable } from './nullable.ts';

/** State of one integration (wire page, section 2.4). */
export const IntegrationReport = Type.Object({
  status: Type.Union([Type.Literal('live'), Type.Literal('disabled_error'), Type.Literal('disabled_choice')]),
  disabled_reason: nullable(Type.String()),
  state: nullable(FreeObject),
});

const Integrations = nullable(Type.Record(Type.String(), IntegrationReport));

/** What the host runs (section 7.3). Every key is optional. */
export const SystemInventory = Type.Object({
  os: Type.Optional(
    Type.Object({
      id: Type.Optional(Type.String()),
      version: Type.Optional(Type.String()),
      pretty: Type.Optional(Type.String()),
    }),
  ),
  kernel: Type.Optional(Type.String()),
  services: Type.Optional(Type.Array(Type.Object({ name: Type.String(), version: Type.String() }))),
});

/** Payload of `register` (section 2.2). `features` and `policy` are ours: names this agent can negotiate, and what its host
 * refuses whoever signed it (SEC-073). */
export const RegisterPayload = Type.Object({
  version: Type.String(),
  pulse_token: Type.String(),
  commands: nullable(CommandManifest),
  integrations: Integrations,
  log_groups: nullable(Type.Array(Type.String())),
  system_inventory: nullable(SystemInventory),
  signoff_sealed: nullable(Type.Boolean()),
  unsealed_since: nullable(Type.String()),
  wire_contract: nullable(Type.String()),
  features: Type.Optional(Type.Array(Type.String())),
  policy: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

/** Payload of `heartbeat`: nothing. */
export const HeartbeatPayload = Type.Object({});

/** One container of the project (section 7.2). */
export const ContainerRecord = Type.Object({ name: Type.String(), status: Type.String(), image: Type.String() });

/** Counters of the job manager (section 2.3). */
export const JobCounters = Type.Object({
  pending: Type.Integer(),
  running: Type.Integer(),
  quota_pending: Type.Integer(),
  quota_running: Type.Integer(),
  quota_rejected: Type.Integer(),
});

/** Number and hash of the newest record of the agent's own log (SEC-241). Ours. */
export const AuditHead = Type.Object({ seq: Type.Integer({ minimum: 1 }), hash: Type.String({ pattern: '^[0-9a-f]{64}$' }) });

/** Payload of `metrics.push` (sections 2.3 and 7.1). Percent 0 to 100; MB and GB are powers of 1024. */
export const MetricsPayload = Type.Object({
  cpu_percent: Type.Number(),
  memory_percent: Type.Number(),
  memory_used_mb: Type.Number(),
  memory_total_mb: Type.Number(),
  disk_percent: Type.Number(),
  disk_used_gb: Type.Number(),
  disk_total_gb: Type.Number(),
  load_avg_1m: Type.Number(),
  load_avg_5m: Type.Number(),
  uptime_seconds: Type.Number(),
  containers: Type.Array(ContainerRecord),
  integrations: Integrations,
  jobs: Type.Optional(JobCounters),
  audit_head: Type.Optional(AuditHead),
});

/** Payload of `command.result` (section 2.8). Further keys are job-specific extras and are kept. */
export const CommandResultPayload = Type.Object(
  {
    request_id: Type.String(),
    command: Type.String(),
    group: Type.String(),
    success: Type.Boolean(),
    exit_code: Type.Integer(),
    stdout: Type.String(),
    stderr: Type.String(),
    duration_ms: Type.Integer(),
    sequence_id: nullable(Type.String()),
    failure_reason: nullable(Type.String()),
  },
  { additionalProperties: Type.Unknown() },
);

const NullableInteger = nullable(Type.Integer());

/** Payload of `command.progress` (section 2.7). */
export const CommandProgressPayload = Type.Object({
  request_id: Type.String(),
  command: Type.String(),
  group: Type.String(),
  stage: Type.String(),
  current: Type.Integer(),
  total: NullableInteger,
  message: Type.String({ default: '' }),
  rate_bytes_per_sec: NullableInteger,
  eta_seconds: NullableInteger,
  objects_current: NullableInteger,
  objects_total: NullableInteger,
  bytes_freed: NullableInteger,
});

/**
 * Payload of `command.output`, feature of that name: a piece of what a running command writes. `offset` counts bytes of UTF-8 of
 * that stream before it, those that were dropped included; `seq` counts the pieces of the request.
 */
export const CommandOutputPayload = Type.Object({
  request_id: Type.String(),
  stream: Type.Union([Type.Literal('stdout'), Type.Literal('stderr')]),
  offset: Type.Integer({ minimum: 0 }),
  text: Type.String(),
  seq: Type.Integer({ minimum: 0 }),
});

const LogPosition = Type.Union([Type.Integer(), Type.String()]);

/** Payload of `log.batch` (section 2.9). Positions are byte offsets (files) or timestamps (docker sources). */
export const LogBatchPayload = Type.Object({
  group: Type.String(),
  parser: Type.String(),
  batch_id: Type.String(),
  lines: Type.Array(FreeObject),
  dropped: Type.Integer(),
  from_position: LogPosition,
  to_position: LogPosition,
});

/** Payload of `events.batch` (section 2.10). */
export const EventsBatchPayload = Type.Object({ batch_id: Type.String(), events: Type.Array(FreeObject) });

/** Payload of `signoff.state` (section 2.11). */
export const SignoffStatePayload = Type.Object({ signoff_sealed: Type.Boolean(), unsealed_since: nullable(Type.String()) });
