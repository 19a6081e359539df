import { Type } from '@stormpulse/sdk';
import type { Infer } from '@stormpulse/sdk';

const text = Type.Optional(Type.String());
const flag = Type.Optional(Type.Boolean());
const limit = Type.Optional(Type.Integer());

/** `[commands.<name>.params.<p>]`. What v1 requires is checked in `check-param.ts`, so that every problem is told at once. */
export const ParamTable = Type.Object(
  {
    placeholder: text,
    pattern: text,
    kind: text,
    default: text,
    description: text,
    secret: flag,
    max_bytes: limit,
    max_chars: limit,
    allow_empty: flag,
    allow_leading_dash: flag,
    allow_wide_range: flag,
  },
  { additionalProperties: true },
);

/** `[commands.<name>]`: protocol v1's keys, and `effect`, `key`, `concurrency`, `stdin`, `limits` and `allow`. */
export const CommandTable = Type.Object(
  {
    group: text,
    command: Type.Optional(Type.Array(Type.String())),
    timeout: limit,
    requires_confirmation: flag,
    sensitive_output: flag,
    description: text,
    long_running: flag,
    effect: text,
    key: text,
    concurrency: limit,
    limits: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    stdin: text,
    allow: Type.Optional(Type.Array(Type.String())),
    params: Type.Optional(Type.Record(Type.String(), ParamTable)),
  },
  { additionalProperties: true },
);

/** The host's `[project]`, which fills the placeholders that no request can set. */
export const ProjectTable = Type.Object({
  project_dir: Type.String(),
  compose_file: Type.String(),
  docker_service_name: Type.String(),
  env_file: text,
});

export const ConfigSchema = Type.Object({
  commands: Type.Record(Type.String(), CommandTable, { default: {} }),
  project: Type.Optional(ProjectTable),
  disabled_commands: Type.Optional(Type.Array(Type.String())),
});

export type ParamConfig = Infer<typeof ParamTable>;
export type CommandConfig = Infer<typeof CommandTable>;
export type ProjectConfig = Infer<typeof ProjectTable>;
export type CustomCommandsConfig = Infer<typeof ConfigSchema>;

/** What `allow` can name; `writable_program` is looked at when the command table is built (SEC-100). */
export const ALLOWANCES = ['shell_template', 'wide_range', 'secret_in_argv', 'writable_program'] as const;
