import { REFUSAL_EVENTS } from '@stormpulse/protocol';
import type { JsonObject, Payloads } from '@stormpulse/protocol';
import type { AgentLink } from '../agents/link.ts';
import type { Clock } from '../config/options.ts';
import { plainText, plainTextOrNull } from '../state/plain-text.ts';
import { asRecord } from '../state/record.ts';
import type { Changes } from '../state/changes.ts';
import type { AnsweredState, TargetRow } from '../storage/run-store.ts';
import type { Stores } from '../storage/stores.ts';
import type { Dispatch } from './dispatch.ts';

/** Matches answers to commands this hub sent to this agent (security model, SEC-323). */
export interface Results {
  /** Stores a result, or records why it is none; has committed when it returns. Gives back the target it ended. */
  result(link: AgentLink, payload: Payloads['command.result'], raw: JsonObject): TargetRow | undefined;
  progress(link: AgentLink, payload: Payloads['command.progress']): void;
  /**
   * An agent answers a message it refused by an event alone (wire page, 3.4). Ends the open targets that these events name
   * and gives them back; a result that comes all the same corrects it.
   */
  refusals(link: AgentLink, events: readonly unknown[]): TargetRow[];
}

/** A copy of a message that ran is refused by this; it says nothing about the run itself. */
const REPLAY = 'replayed_nonce';

const ANSWERED: ReadonlySet<string> = new Set<AnsweredState>(['succeeded', 'failed', 'cancelled', 'interrupted']);

const STANDARD: ReadonlySet<string> = new Set([
  'request_id',
  'command',
  'group',
  'success',
  'exit_code',
  'stdout',
  'stderr',
  'duration_ms',
  'sequence_id',
  'failure_reason',
]);

export function createResults(ports: { stores: Stores; dispatch: Dispatch; changes: Changes; clock: Clock }): Results {
  const { stores, dispatch, changes, clock } = ports;

  /** The target of an answer, if it was sent to this very agent. */
  function match(link: AgentLink, requestId: string, command: string): TargetRow | undefined {
    const target = stores.runs.byRequestId(requestId);
    const sound =
      target?.agentId === link.agentId && target.sentAt !== null && stores.runs.find(target.runId)?.command === command;
    return sound ? target : undefined;
  }

  function anomaly(link: AgentLink, requestId: string, command: string): void {
    stores.anomalies.add(link.agentId, 'forged_result', { request_id: requestId, command }, clock.now());
  }

  return {
    result(link, payload, raw) {
      const target = match(link, payload.request_id, payload.command);
      if (target === undefined) {
        anomaly(link, payload.request_id, payload.command);
        return undefined;
      }
      if (ANSWERED.has(target.state)) return undefined;
      const extras = Object.fromEntries(Object.entries(raw).filter(([name]) => !STANDARD.has(name)));
      const result = {
        success: payload.success,
        exit_code: payload.exit_code,
        stdout: payload.stdout,
        stderr: payload.stderr,
        duration_ms: payload.duration_ms,
        failure_reason: plainTextOrNull(payload.failure_reason, 100),
      };
      const late = target.state === 'unknown' || target.state === 'refused';
      stores.transaction(() => stores.runs.end(target.id, answeredState(payload), result, extras, clock.now(), late));
      changes.publish({ kind: 'run', runId: target.runId, answered: true });
      return target;
    },
    progress(link, payload) {
      const target = match(link, payload.request_id, payload.command);
      if (target === undefined) {
        anomaly(link, payload.request_id, payload.command);
        return;
      }
      if (target.state === 'sent') {
        stores.runs.setState(target.id, 'running', null, null);
        changes.publish({ kind: 'run', runId: target.runId });
      }
      dispatch.extend(target);
    },
    refusals(link, events) {
      return events.flatMap((event) => {
        const { kind, command_ref: ref, failure_reason: reason, error } = asRecord(event);
        if (!REFUSAL_EVENTS.has(kind) || typeof ref !== 'string' || reason === REPLAY) return [];
        const target = stores.runs.byRequestId(ref);
        if (target?.agentId !== link.agentId || target.state !== 'sent') return [];
        const why = plainText(typeof error === 'string' ? error : reason, 500);
        stores.runs.setState(target.id, 'refused', `the agent refused it: ${plainText(reason, 100)}; ${why}`, clock.now());
        changes.publish({ kind: 'run', runId: target.runId });
        return [target];
      });
    },
  };
}

/** Hub page, 7.1: a run that somebody stopped, or that the agent's own end cut off, did not fail by itself. */
function answeredState({ success, failure_reason: reason }: Payloads['command.result']): AnsweredState {
  if (success) return 'succeeded';
  return reason === 'cancelled' || reason === 'interrupted' ? reason : 'failed';
}
