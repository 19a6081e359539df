import type { Command, JobCall, TObject } from '@stormpulse/plugin-api';
import { commandOf } from '@stormpulse/plugin-api/internal';
import type { CommandDefinition, JobMode, ManifestCommand, ManifestMode } from '@stormpulse/plugin-api/internal';
import { Attached } from './attached.ts';
import type { KeyLocks } from './key-locks.ts';
import type { Remote } from './remote.ts';
import { schemaOfJson } from './schema-of-json.ts';

type Params = Readonly<Record<string, unknown>>;
type JobManifest = Extract<ManifestMode, { kind: 'job' }>;
type AnyCall = JobCall<Params, unknown>;

const KEY_MS = 5_000;

/** A command whose template the kernel fills, or whose function is called by its id. */
export function standInCommand(command: ManifestCommand, remote: Remote, locks: KeyLocks): Command {
  const { serializes, timeoutMs, ...base } = command;
  const definition: CommandDefinition = {
    ...base,
    params: command.params as TObject,
    timeout: timeoutMs,
    mode: modeOf(command, remote, locks),
    // The key itself is the plugin's to say, later; the same parameters have the same key, and wait in the agent's own queue.
    ...(serializes ? { serializeBy: (params: Params) => `${command.id}\n${JSON.stringify(params)}` } : {}),
  };
  return commandOf(Object.freeze(definition));
}

function modeOf(command: ManifestCommand, remote: Remote, locks: KeyLocks): CommandDefinition['mode'] {
  const { mode } = command;
  if (mode.kind === 'subprocess') return mode;
  const run = runOf(command, remote, locks);
  const result = schemaOfJson(mode.result);
  if (mode.kind === 'handler')
    return { kind: 'handler', result, run: async (call) => (await run(call as AnyCall, undefined)).value };
  return { ...jobOf(mode, run), result };
}

/** What a run came to, with what the kernel will ask of it. */
interface Ran {
  readonly value: unknown;
  readonly extras?: Params;
  readonly rereads?: readonly (readonly string[] | null)[];
}

type Run = (call: AnyCall, resumedFrom: unknown) => Promise<Ran>;

function runOf(command: ManifestCommand, remote: Remote, locks: KeyLocks): Run {
  const what = `command "${command.id}"`;
  const perform: Run = async (call, resumedFrom) => {
    const { params, requestId, signal } = call;
    const run = remote.runs.begin(call);
    try {
      const args = { command: command.id, run, params, requestId, resumedFrom };
      return ((await remote.ask('run', args, { what, signal })) ?? { value: undefined }) as Ran;
    } finally {
      remote.runs.over(run);
    }
  };
  if (!command.serializes) return perform;
  return async (call, resumedFrom) => {
    const args = { command: command.id, params: call.params };
    const key = await remote.ask('key', args, { what: `the key of ${what}`, ms: KEY_MS, signal: call.signal });
    return await locks.hold(String(key), call.signal, () => perform(call, resumedFrom));
  };
}

function jobOf(mode: JobManifest, run: Run): Omit<JobMode, 'result'> {
  const extras = new Attached<Params>();
  const narrowed = new Attached<readonly (readonly string[] | null)[]>();
  return {
    kind: 'job',
    resumable: mode.resumable,
    ...(mode.checkpoint === undefined ? {} : { checkpoint: schemaOfJson(mode.checkpoint) }),
    ...(mode.leaseMs === undefined ? {} : { lease: mode.leaseMs }),
    ...(mode.ceiling === undefined ? {} : { ceiling: mode.ceiling }),
    ...(mode.extras ? { extras: (result: unknown) => extras.of(result) ?? {} } : {}),
    rereads: mode.rereads.map(({ collector, narrows }, at) =>
      narrows ? { collector, only: (params) => narrowed.of(params)?.[at] ?? [] } : { collector },
    ),
    run: async (call) => {
      const ran = await run(call, call.resumedFrom);
      if (ran.extras !== undefined) extras.keep(ran.value, ran.extras);
      if (ran.rereads !== undefined) narrowed.keep(call.params, ran.rereads);
      return ran.value;
    },
  };
}
