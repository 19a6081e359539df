import { Type } from '@sinclair/typebox';
import type { Static, TString } from '@sinclair/typebox';
import { FreeObject } from './nullable.ts';

const text = (maxLength: number): TString => Type.String({ maxLength });
const Id = Type.String({ minLength: 1, maxLength: 128 });
const Ids = Type.Array(Id, { maxItems: 500 });
const Places = Type.Array(text(4_096), { maxItems: 200 });
const Effect = Type.Union([Type.Literal('read'), Type.Literal('write'), Type.Literal('destructive')]);

/**
 * One parameter as a form asks for it. `default` and the values of `choices` are texts as they go on the wire; `pattern`, in JavaScript's
 * dialect with flag `u`, has to match the whole text, `help` says it in words; a secret has no default here. Lengths in characters. `widget`: a number is an amount of
 * bytes or milliseconds, a text is a period or a path.
 */
export const FormField = Type.Object({
  type: Type.Union((['text', 'integer', 'number', 'boolean', 'choice'] as const).map((type) => Type.Literal(type))),
  required: Type.Boolean(),
  title: Type.Optional(text(500)),
  description: Type.Optional(text(4_000)),
  default: Type.Optional(text(4_096)),
  choices: Type.Optional(
    Type.Array(Type.Object({ value: text(4_096), title: Type.Optional(text(500)) }), { minItems: 1, maxItems: 200 }),
  ),
  minimum: Type.Optional(Type.Number()),
  maximum: Type.Optional(Type.Number()),
  max_chars: Type.Optional(Type.Integer({ minimum: 1 })),
  pattern: Type.Optional(text(4_000)),
  help: Type.Optional(text(1_000)),
  placeholder: Type.Optional(text(500)),
  order: Type.Optional(Type.Number()),
  options_from: Type.Optional(Type.Object({ collector: Id, value: text(128), label: text(128) })),
  multiline: Type.Optional(Type.Literal(true)),
  may_be_empty: Type.Optional(Type.Literal(true)),
  secret: Type.Optional(Type.Literal(true)),
  widget: Type.Optional(Type.Union((['bytes', 'duration', 'path'] as const).map((widget) => Type.Literal(widget)))),
});
export type FormField = Static<typeof FormField>;

/** One command of a plugin. `spec` is the digest of the entry in `register` that it tells more of. */
export const PluginCommand = Type.Object({
  name: Id,
  spec: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
  title: text(500),
  description: Type.Optional(text(4_000)),
  effect: Effect,
  confirm: Type.Union([Type.Literal('none'), Type.Literal('click'), Type.Literal('phrase')]),
  params: Type.Record(Type.String({ pattern: '^[^,=&\\s]{1,128}$' }), FormField, {
    additionalProperties: false,
    maxProperties: 64,
  }),
});
export type PluginCommand = Static<typeof PluginCommand>;

/** What one plugin declares. `package` is there for a plugin of others: the digest of its tree, and where its code runs. */
export const DeclaredPlugin = Type.Object({
  name: Id,
  version: text(128),
  api_version: text(16),
  description: text(2_000),
  package: Type.Optional(Type.Object({ integrity: text(200), isolation: text(16) })),
  capabilities: Type.Object({
    exec: Type.Optional(Places),
    http: Type.Optional(Places),
    read: Type.Optional(Places),
    write: Type.Optional(Places),
    commands: Type.Optional(Effect),
    gate: Type.Optional(Type.Literal(true)),
    consume_logs: Type.Optional(Type.Literal(true)),
  }),
  /** JSON Schema of its table in the host's file. */
  config_schema: FreeObject,
  commands: Type.Array(PluginCommand, { maxItems: 500 }),
  collectors: Type.Array(
    Type.Object({
      id: Id,
      gauges: Type.Record(Type.String({ maxLength: 128 }), Type.Object({ unit: text(64), help: text(1_000) })),
    }),
    { maxItems: 500 },
  ),
  log_sources: Type.Array(Type.Object({ id: Id, parser: Id }), { maxItems: 500 }),
  parsers: Ids,
  enrichers: Ids,
  listeners: Ids,
  probes: Ids,
  investigations: Type.Array(Type.Object({ id: Id, title: text(500) }), { maxItems: 500 }),
});
export type DeclaredPlugin = Static<typeof DeclaredPlugin>;

/** Payload of `plugin.manifest`, feature of that name. `digest` names this content; what it is made of is the agent's. */
export const PluginManifestPayload = Type.Object({
  digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
  plugins: Type.Array(DeclaredPlugin, { maxItems: 64 }),
});
