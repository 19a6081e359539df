import { defineError } from './errors.ts';
import { makeSlot, toPart } from './argv.ts';
import type { ArgvPart, Part, Slot } from './argv.ts';
import type { Call, JobCall } from './call.ts';
import type { ProcessLimits } from './limits.ts';
import type { Period } from './period.ts';
import type { AbsolutePath, Infer, TObject, TSchema } from './schema.ts';
import type { Secret } from './secret.ts';

/** What running it can do to the host. Drives confirmation, gates, and grants. */
export type Effect = 'read' | 'write' | 'destructive';

/** Consent beyond the signature. Default: read none, write click, destructive phrase. */
export type Confirm = 'none' | 'click' | 'phrase';

export type Slots<P extends TObject> = { readonly [K in keyof Infer<P>]-?: Slot<NonNullable<Infer<P>[K]>> };

/** What every kind of command says of itself. */
export interface CommandBase<P extends TObject> {
  /** Local id; on the wire `<plugin>_<id>` (lower-case letters, digits and `_`). */
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly effect: Effect;
  /** Closed object of scalars; on the wire every value is text in one spelling. */
  readonly params: P;
  readonly timeout: Period;
  readonly confirm?: Confirm;
  /** Calls sharing a key never overlap. Default: commands that are not `read` share one key, in order received. */
  readonly serializeBy?: (params: Infer<P>) => string;
  /** At most so many calls of it at once, 1 to 4; it then shares no key with other commands. Not together with `serializeBy`. */
  readonly concurrency?: number;
  /** Safe to run again when the outcome of an earlier run is unknown. */
  readonly idempotent?: boolean;
  /** Keep the output out of this host's own log; the hub still gets it, with the result alone. */
  readonly sensitiveOutput?: boolean;
  /** First-party plugins only: the group shown to the hub. Default: the plugin's name. */
  readonly group?: string;
  /** First-party plugins only: the whole wire name, for v1 names off the rule. */
  readonly wireName?: string;
  /** Refusals the operator waived in writing for this command, by reason (`writable_program`). */
  readonly allow?: readonly string[];
}

/** Mode 1: a process. The template is data; there is no code path from params to a shell. */
export interface SubprocessSpec<P extends TObject> extends CommandBase<P> {
  readonly file: AbsolutePath;
  /** Called once, at definition, with slots. */
  readonly argv: (slot: Slots<P>) => readonly ArgvPart[];
  /** Written to the child's standard input, which is then closed. Default: `/dev/null`. */
  readonly stdin?: (slot: Slots<P>) => Slot<string> | Slot<Secret>;
  /** Besides the environment every command has (SEC-120). A slot whose parameter is absent leaves its variable out. */
  readonly env?: (slot: Slots<P>) => Readonly<Record<string, string | Slot<string> | Slot<Secret>>>;
  readonly cwd?: AbsolutePath;
  /** Over the host's `[execution] limits`, one by one. */
  readonly limits?: ProcessLimits;
}

/** Mode 2: a function. */
export interface HandlerSpec<P extends TObject, R extends TSchema> extends CommandBase<P> {
  readonly result: R;
  readonly run: (call: Call<Infer<P>>) => Promise<Infer<R>>;
}

/** What the kernel sees of a job. */
export interface JobMode {
  readonly kind: 'job';
  readonly result: TSchema;
  readonly run: (call: JobCall<Readonly<Record<string, unknown>>, unknown>) => Promise<unknown>;
  readonly checkpoint?: TSchema;
  readonly resumable: boolean;
  readonly lease?: Period;
  readonly ceiling?: number;
  readonly rereads: readonly {
    readonly collector: string;
    readonly only?: (params: Readonly<Record<string, unknown>>) => readonly string[];
  }[];
  readonly extras?: (result: unknown) => Readonly<Record<string, unknown>>;
}

/** A variable of the child's environment: fixed text, or a parameter by name. */
export type EnvPart = { readonly text: string } | { readonly slot: string };

/** What the kernel sees of a command: plain data, and functions it may call. */
export interface CommandDefinition extends Omit<CommandBase<TObject>, 'serializeBy'> {
  readonly serializeBy?: (params: Readonly<Record<string, unknown>>) => string;
  readonly mode:
    | {
        readonly kind: 'subprocess';
        readonly file: AbsolutePath;
        readonly argv: readonly Part[];
        readonly stdin?: string;
        readonly env?: Readonly<Record<string, EnvPart>>;
        readonly cwd?: AbsolutePath;
        readonly limits?: ProcessLimits;
      }
    | {
        readonly kind: 'handler';
        readonly result: TSchema;
        readonly run: (call: Call<Readonly<Record<string, unknown>>>) => Promise<unknown>;
        /** The kernel's own: a metrics push follows a success. */
        readonly pushes?: true;
      }
    | JobMode;
}

/** Frozen and inert. */
export interface Command {
  readonly id: string;
}

export const CommandInvalid = defineError<{ id: string; problem: string }>(
  'E_PLUGIN_COMMAND_INVALID',
  'failed_precondition',
  'plugin',
  (d) => `command "${d.id}": ${d.problem}`,
);

const DEFINITION = Symbol.for('@stormpulse/command');
/** SEC-116: what looks like a credential must say that it is one. */
const CREDENTIAL_LIKE = /secret|password|token|passphrase/iu;
const PLACEABLE = new Set(['string', 'integer', 'number', 'boolean']);

/** Defines a command that runs one process. Throws `E_PLUGIN_COMMAND_INVALID` or `E_PLUGIN_SLOT_MISUSED`. */
export function subprocess<const P extends TObject>(spec: SubprocessSpec<P>): Command {
  const { argv, stdin, env, file, cwd, limits, ...base } = spec;
  const slots = Object.fromEntries(
    Object.keys(spec.params.properties).map((name) => [name, makeSlot(name)]),
  ) as unknown as Slots<P>;
  const placed = argv(slots).map(toPart);
  checkProgram(spec.id, file);
  checkSecrets(spec, placed);
  const stdinSlot = stdin === undefined ? undefined : toPart(stdin(slots) as ArgvPart);
  if (stdinSlot !== undefined && stdinSlot.kind !== 'slot')
    throw CommandInvalid({ id: spec.id, problem: 'stdin must be one slot' });
  return brand(base, {
    kind: 'subprocess',
    file,
    argv: Object.freeze(placed),
    ...(stdinSlot === undefined ? {} : { stdin: stdinSlot.name }),
    ...(env === undefined ? {} : { env: envParts(spec.id, env(slots)) }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(limits === undefined ? {} : { limits }),
  });
}

/** Defines a command that runs a function of the plugin. Throws `E_PLUGIN_COMMAND_INVALID`. */
export function handler<const P extends TObject, const R extends TSchema>(spec: HandlerSpec<P, R>): Command {
  const { run, result, ...base } = spec;
  return brand(base, {
    kind: 'handler',
    result,
    run: run as unknown as (call: Call<Readonly<Record<string, unknown>>>) => Promise<unknown>,
  });
}

/** SEC-100: what a type cannot say of a path. */
function checkProgram(id: string, file: string): void {
  const [root, ...segments] = file.split('/');
  if (root === '' && segments.length > 0 && segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..'))
    return;
  throw CommandInvalid({ id, problem: `its program "${file}" is no absolute path without "." and ".."` });
}

/** What changes how any program is loaded is no variable for one command. */
const VARIABLE = /^(?!LD_|NODE_|BASH_)[A-Za-z_][A-Za-z0-9_]{0,63}$/u;

function envParts(id: string, env: Readonly<Record<string, string | Slot<string> | Slot<Secret>>>): Record<string, EnvPart> {
  const parts = Object.entries(env).map(([name, value]): readonly [string, EnvPart] => {
    if (!VARIABLE.test(name)) throw CommandInvalid({ id, problem: `"${name}" is no variable that a command may set` });
    if (typeof value === 'string') return [name, { text: value }];
    const part = toPart(value as ArgvPart);
    if (part.kind !== 'slot') throw CommandInvalid({ id, problem: `the variable "${name}" must be text or one slot` });
    return [name, { slot: part.name }];
  });
  return Object.freeze(Object.fromEntries(parts));
}

/** SEC-116: argv is readable by every user of the host. */
function checkSecrets<P extends TObject>({ id, params, allow = [] }: SubprocessSpec<P>, placed: readonly Part[]): void {
  const shown = placed.flatMap(namesIn).find((name) => (params.properties[name] as TSchema)['x-secret'] === true);
  if (shown === undefined || allow.includes('secret_in_argv')) return;
  throw CommandInvalid({ id, problem: `the secret parameter "${shown}" is placed in argv; give it as stdin` });
}

function namesIn(part: Part): string[] {
  if (part.kind === 'slot') return [part.name];
  if (part.kind === 'option') return [part.value];
  return part.kind === 'joined' ? part.parts.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.slot])) : [];
}

/** Checks what all kinds share, and freezes the definition into an inert command. */
export function brand<P extends TObject>(base: CommandBase<P>, mode: CommandDefinition['mode']): Command {
  for (const [name, schema] of Object.entries(base.params.properties)) {
    const scalar = PLACEABLE.has(String((schema as { type?: unknown }).type)) || 'anyOf' in schema || 'const' in schema;
    if (!scalar) throw CommandInvalid({ id: base.id, problem: `parameter "${name}" is no scalar; the wire carries text only` });
  }
  const open = Object.entries(base.params.properties).find(
    ([name, schema]) => CREDENTIAL_LIKE.test(name) && schema['x-secret'] !== true,
  );
  if (open !== undefined)
    throw CommandInvalid({
      id: base.id,
      problem: `parameter "${open[0]}" is named like a credential; make it secret, or rename it`,
    });
  const { concurrency, serializeBy } = base;
  if (concurrency !== undefined && (!Number.isInteger(concurrency) || concurrency < 1 || serializeBy !== undefined))
    throw CommandInvalid({ id: base.id, problem: 'concurrency is a whole number from 1, and stands without serializeBy' });
  return commandOf(Object.freeze({ ...base, mode }));
}

/** The command of a definition that was checked before. */
export function commandOf(definition: CommandDefinition): Command {
  return Object.freeze({ id: definition.id, [DEFINITION]: definition });
}

/** The definition behind a command, or undefined for anything that is not one. */
export function commandDefinition(command: unknown): CommandDefinition | undefined {
  if (typeof command !== 'object' || command === null) return undefined;
  return (command as { readonly [DEFINITION]?: CommandDefinition })[DEFINITION];
}
