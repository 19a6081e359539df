import { periodMs } from '@stormpulse/plugin-api';
import type { Confirm, ParamValue, TSchema } from '@stormpulse/plugin-api';
import type { CommandDefinition, Part } from '@stormpulse/plugin-api/internal';
import { displayTemplate } from '@stormpulse/protocol';
import type { CommandManifestEntry } from '@stormpulse/protocol';

/** A command as v1 hubs read it (wire page, 8.9). */
export function manifestEntry(wireName: string, group: string, definition: CommandDefinition): CommandManifestEntry {
  const { mode } = definition;
  const template = mode.kind === 'subprocess' ? displayTemplate([mode.file, ...mode.argv.flatMap(printed)]) : [wireName];
  return {
    group,
    description: definition.description ?? definition.title,
    template,
    timeout: Math.ceil(periodMs(definition.timeout) / 1_000),
    requires_confirmation: confirmOf(definition) !== 'none',
    long_running: false,
    params: Object.fromEntries(
      Object.entries(definition.params.properties).map(([name, schema]) => [name, manifestParam(schema)]),
    ),
  };
}

/** What a person does before the command runs. */
export function confirmOf({ confirm, effect }: CommandDefinition): Confirm {
  return confirm ?? DEFAULT_CONFIRM[effect];
}

const DEFAULT_CONFIRM = { read: 'none', write: 'click', destructive: 'phrase' } as const;

function printed(part: Part): string[] {
  switch (part.kind) {
    case 'text':
      return [part.text];
    case 'slot':
      return [`{${part.name}}`];
    case 'flag':
      return [`[${part.name}]`];
    case 'option':
      return [part.name, `{${part.value}}`];
    case 'joined':
      return [part.parts.map((piece) => (typeof piece === 'string' ? piece : `{${piece.slot}}`)).join('')];
  }
}

function manifestParam(schema: TSchema): CommandManifestEntry['params'][string] {
  // A secret stays on the host (SEC-116), its default too.
  const fallback = schema['x-secret'] === true ? undefined : (schema['default'] as ParamValue | undefined);
  return {
    default: fallback === undefined ? null : String(fallback),
    pattern: shownPattern(schema),
    description: typeof schema['description'] === 'string' ? schema['description'] : '',
  };
}

/** The pattern a v1 hub can check a param's wire text with. */
function shownPattern(schema: TSchema): string | null {
  const policy = schema['x-param'];
  if (policy !== undefined) return policy.shown ?? (policy.source === undefined ? null : unanchored(policy.source));
  const node = schema as {
    readonly type?: string;
    readonly pattern?: string;
    readonly anyOf?: readonly { readonly const?: unknown }[];
  };
  if (node.type === 'integer') return '-?(0|[1-9][0-9]*)';
  if (node.type === 'boolean') return 'true|false';
  if (node.anyOf !== undefined)
    return node.anyOf.map((option) => String(option.const).replaceAll(/[$()*+.?[\\\]^{|}]/gu, '\\$&')).join('|');
  return node.pattern === undefined ? null : unanchored(node.pattern);
}

function unanchored(source: string): string {
  return source.replace(/^\^/u, '').replace(/\$$/u, '');
}
