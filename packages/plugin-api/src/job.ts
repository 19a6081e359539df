import type { JobCall } from './call.ts';
import { CommandInvalid, brand } from './command.ts';
import type { Command, CommandBase, JobMode } from './command.ts';
import { periodMs } from './period.ts';
import type { Period } from './period.ts';
import type { Infer, TNever, TObject, TSchema } from './schema.ts';

/** Which collector of the same plugin a job makes stale; `only` names what must be read again. */
export interface Reread<P extends TObject> {
  /** Local id. */
  readonly collector: string;
  readonly only?: (params: Infer<P>) => readonly string[];
}

/**
 * Mode 3: a function that outlives its request and the connection: progress, cancel, checkpoints. Six run at once; `serializeBy`
 * and `concurrency` hold among jobs.
 */
export interface JobSpec<P extends TObject, R extends TSchema, C extends TSchema = TNever> extends CommandBase<P> {
  readonly result: R;
  /** The shape of what `checkpoint()` keeps. */
  readonly checkpoint?: C;
  /**
   * Begun again, with its last checkpoint, when the agent comes back. Its parameters are kept on disk until then, so none may be
   * secret. Default: a job that a restart cut off ends as `interrupted`.
   */
  readonly resumable?: boolean;
  /** A job that neither ends nor tells progress nor saves a checkpoint for so long is ended as `timeout`. Default: none. */
  readonly lease?: Period;
  /** At most so many of it unfinished, waiting ones included; one more is `agent_overloaded`. */
  readonly ceiling?: number;
  /** Read again after success, before one metrics push. Not of a `read` job. */
  readonly rereads?: readonly Reread<P>[];
  /** Further top-level fields of `command.result`; names of its own are refused. */
  readonly extras?: (result: Infer<R>) => Readonly<Record<string, unknown>>;
  readonly run: (call: JobCall<Infer<P>, Infer<C>>) => Promise<Infer<R>>;
}

/** Defines a job. Throws `E_PLUGIN_COMMAND_INVALID`. */
export function job<const P extends TObject, const R extends TSchema, const C extends TSchema = TNever>(
  spec: JobSpec<P, R, C>,
): Command {
  const { run, result, checkpoint, resumable = false, lease, ceiling, rereads = [], extras, ...base } = spec;
  const refuse = (problem: string): never => {
    throw CommandInvalid({ id: spec.id, problem });
  };
  const secret = Object.entries(base.params.properties).find(([, schema]) => schema['x-secret'] === true);
  if (resumable && secret !== undefined)
    refuse(
      `it is resumable, which keeps its parameters on disk, and "${secret[0]}" is secret; a SecretRef of the config is not kept`,
    );
  if (ceiling !== undefined && (!Number.isInteger(ceiling) || ceiling < 1)) refuse('ceiling is a whole number from 1');
  if (lease !== undefined && periodMs(lease) > periodMs(base.timeout)) refuse('its lease is longer than its timeout');
  return brand(base, {
    kind: 'job',
    result,
    resumable,
    rereads: rereads as unknown as JobMode['rereads'],
    run: run as unknown as JobMode['run'],
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(lease === undefined ? {} : { lease }),
    ...(ceiling === undefined ? {} : { ceiling }),
    ...(extras === undefined ? {} : { extras }),
  });
}
