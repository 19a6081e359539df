import type { Denial } from '@stormpulse/plugin-api/internal';
import type { AuditEntry } from '../policy-ports.ts';
import type { RegisteredCommand } from '../plugins/registry.ts';
import type { VerifiedCommand } from '../security/verify.ts';
import { failed } from './outcome.ts';
import type { Outcome } from './outcome.ts';

/** The id of its result, the name, and what was offered by that name. */
export interface Call {
  readonly ref: string;
  readonly command: string;
  readonly registered?: RegisteredCommand;
}

/** A request is a sequence of one that answers under the id of its message. */
export function asSequence(message: VerifiedCommand) {
  if (message.kind === 'sequence') return { ...message, params: {} };
  return { ...message, commands: [message.command], sequenceId: null, stopOnFailure: true };
}

export function auditEntry(kind: string, { ref, command }: Call, fields: object): AuditEntry {
  const [command_ref, name] = [ref, command].map((text) => text.slice(0, 100).toWellFormed());
  return { kind: `command.${kind}`, command_ref, command: name, ...fields };
}

export function deniedBy({ reason, failureReason: failure_reason }: Denial): Outcome {
  return { ...failed('validation_failed', reason), failure_reason };
}
