import { defineError } from './errors.ts';

/**
 * Thrown by a handler or a job to choose the `failure_reason` that the hub reads: small letters, digits and `_`. `extras` stand
 * beside the standard fields of a job's result.
 */
export const CommandFailed = defineError<{
  reason: string;
  message: string;
  extras?: Readonly<Record<string, unknown>>;
}>('E_COMMAND_FAILED', 'aborted', 'plugin', (d) => d.message);
