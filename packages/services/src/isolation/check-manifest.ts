import { Type } from '@sinclair/typebox';
import { Errors } from '@sinclair/typebox/errors';
import { Check } from '@sinclair/typebox/value';
import type { TSchema } from '@stormpulse/plugin-api';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import { patternCheck } from './check-patterns.ts';
import { PluginManifestInvalid } from './errors.ts';
import { schemaOfJson } from './schema-of-json.ts';
import { textOf } from './travelling-error.ts';

const Text = (maxLength: number): TSchema => Type.String({ maxLength });
const Id = Text(64);
const LocalId = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' });
const PathText = Type.String({ pattern: '^/[^\\0]{1,4095}$', maxLength: 4_096 });
const Paths = Type.Array(PathText, { maxItems: 200 });
const Ms = Type.Number({ exclusiveMinimum: 0, maximum: 31_536_000_000 });
const List = (item: TSchema): TSchema => Type.Array(item, { maxItems: 500 });
const Node = Type.Record(Type.String(), Type.Unknown());
const Effect = Type.Union([Type.Literal('read'), Type.Literal('write'), Type.Literal('destructive')]);
const Scalar = Type.Union([Type.String({ maxLength: 4_096 }), Type.Number(), Type.Boolean()]);
const Param = Type.Union([
  Type.Object({ type: Type.Union(['string', 'integer', 'number', 'boolean'].map((name) => Type.Literal(name))) }),
  Type.Object({ const: Scalar }),
  Type.Object({ anyOf: Type.Array(Type.Object({ const: Scalar }), { maxItems: 200 }) }),
]);

const Part = Type.Union([
  Type.Object({ kind: Type.Literal('text'), text: Text(8_192) }),
  Type.Object({ kind: Type.Literal('slot'), name: Id }),
  Type.Object({ kind: Type.Literal('flag'), name: Text(256), when: Id }),
  Type.Object({ kind: Type.Literal('option'), name: Text(256), value: Id }),
  Type.Object({ kind: Type.Literal('joined'), parts: List(Type.Union([Text(8_192), Type.Object({ slot: Id })])) }),
]);

const Mode = Type.Union([
  Type.Object({
    kind: Type.Literal('subprocess'),
    file: PathText,
    argv: List(Part),
    stdin: Type.Optional(Id),
    env: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^(?!LD_|NODE_|BASH_)[A-Za-z_][A-Za-z0-9_]{0,63}$' }),
        Type.Union([Type.Object({ text: Text(32_768) }), Type.Object({ slot: Id })]),
        { additionalProperties: false },
      ),
    ),
    cwd: Type.Optional(PathText),
    limits: Type.Optional(Type.Record(Id, Type.Integer({ minimum: 0 }))),
  }),
  Type.Object({ kind: Type.Literal('handler'), result: Node }),
  Type.Object({
    kind: Type.Literal('job'),
    result: Node,
    checkpoint: Type.Optional(Node),
    resumable: Type.Boolean(),
    leaseMs: Type.Optional(Ms),
    ceiling: Type.Optional(Type.Integer({ minimum: 1 })),
    rereads: List(Type.Object({ collector: Id, narrows: Type.Boolean() })),
    extras: Type.Boolean(),
  }),
]);

const Command = Type.Object({
  id: Id,
  title: Text(500),
  description: Type.Optional(Text(4_000)),
  effect: Effect,
  confirm: Type.Union([Type.Literal('none'), Type.Literal('click'), Type.Literal('phrase')]),
  timeoutMs: Ms,
  params: Type.Object({
    type: Type.Literal('object'),
    properties: Type.Record(Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$' }), Param, { additionalProperties: false }),
    required: Type.Optional(List(Id)),
  }),
  serializes: Type.Boolean(),
  concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 4 })),
  idempotent: Type.Optional(Type.Boolean()),
  sensitiveOutput: Type.Optional(Type.Boolean()),
  group: Type.Optional(Text(128)),
  wireName: Type.Optional(Text(128)),
  allow: Type.Optional(List(Id)),
  mode: Mode,
});

const Source = Type.Intersect([
  Type.Object({ id: Id, parser: Text(128) }),
  Type.Union([
    Type.Object({ file: PathText }),
    Type.Object({ journalUnit: Text(256) }),
    Type.Object({ open: Type.Literal(true) }),
  ]),
]);

const Manifest = Type.Object({
  manifest: Type.Literal(1),
  name: Id,
  version: Text(128),
  apiVersion: Text(16),
  description: Text(2_000),
  configSchema: Node,
  capabilities: Type.Object({
    exec: Type.Optional(Paths),
    http: Type.Optional(List(Text(2_048))),
    read: Type.Optional(Paths),
    write: Type.Optional(Paths),
    commands: Type.Optional(Effect),
    gate: Type.Optional(Type.Literal(true)),
    consumeLogs: Type.Optional(Type.Literal(true)),
  }),
  commands: List(Command),
  omissions: List(
    Type.Object({
      command: Text(256),
      problem: Type.Object({
        path: List(Type.Union([Text(256), Type.Number()])),
        problem: Text(2_000),
        expected: Text(2_000),
        fix: Type.Optional(Text(2_000)),
      }),
    }),
  ),
  collectors: List(
    Type.Object({
      id: LocalId,
      everyMs: Type.Union([Ms, Type.Literal('push')]),
      timeoutMs: Type.Optional(Ms),
      state: Node,
      gauges: Type.Record(Type.String({ maxLength: 128 }), Type.Object({ unit: Text(64), help: Text(1_000) })),
      refresh: Type.Union([Type.Literal('none'), Type.Literal('plain'), Type.Literal('named')]),
      detectorMs: Type.Optional(Ms),
      v1Metrics: Type.Boolean(),
    }),
  ),
  gates: List(Type.Object({ admits: Type.Boolean() })),
  sources: List(Source),
  parsers: List(Id),
  enrichers: List(Text(128)),
  listeners: List(Text(128)),
  probes: List(Type.Object({ id: LocalId, everyMs: Ms, timeoutMs: Type.Optional(Ms) })),
  investigations: List(Type.Object({ id: LocalId, title: Text(500), receipt: Type.Optional(Text(2_000)) })),
  wizards: List(Type.Object({ title: Text(500) })),
  stores: List(Id),
  starts: Type.Integer({ minimum: 0, maximum: 500 }),
});

/** A manifest as its plugin's own side sent it, checked before anything is made of it. Rejects with `E_PLUGIN_MANIFEST`. */
export async function checkManifest(plugin: string, value: unknown): Promise<PluginManifest> {
  const refuse = (problem: string): never => {
    throw PluginManifestInvalid({ plugin, problem });
  };
  if (!Check(Manifest, value)) {
    const first = Errors(Manifest, value).First();
    refuse(`at ${first?.path ?? '/'}: ${first?.message ?? 'it is out of shape'}`);
  }
  const manifest = value as PluginManifest;
  const patternProblem = await patternCheck(manifest.commands);
  for (const { id, params, mode } of manifest.commands) {
    try {
      const problem = patternProblem(params);
      if (problem !== undefined) throw new Error(problem);
      if (mode.kind !== 'subprocess') schemaOfJson(mode.result);
      if (mode.kind === 'job') schemaOfJson(mode.checkpoint);
      if (mode.kind === 'subprocess') checkSlots(params, mode);
    } catch (error) {
      refuse(`command "${id}": ${textOf(error)}`);
    }
  }
  for (const { id, state } of manifest.collectors) {
    try {
      schemaOfJson(state);
    } catch (error) {
      refuse(`collector "${id}": ${textOf(error)}`);
    }
  }
  return manifest;
}

/** A template that fills from what is no parameter is no template. */
function checkSlots(params: TSchema, mode: Extract<PluginManifest['commands'][number]['mode'], { kind: 'subprocess' }>): void {
  const known = new Set(Object.keys((params as { properties?: object }).properties ?? {}));
  const named = [
    ...mode.argv.flatMap((part) => {
      if (part.kind === 'text') return [];
      if (part.kind === 'joined') return part.parts.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.slot]));
      return [part.kind === 'slot' ? part.name : part.kind === 'flag' ? part.when : part.value];
    }),
    ...Object.values(mode.env ?? {}).flatMap((part) => ('slot' in part ? [part.slot] : [])),
    ...(mode.stdin === undefined ? [] : [mode.stdin]),
  ];
  const stranger = named.find((name) => !known.has(name));
  if (stranger !== undefined) throw new Error(`its template names "${stranger}", which is no parameter of it`);
}
