import { createHash } from 'node:crypto';
import { boundRequestId, formatTimestamp, ProtocolError, signRequest } from '@stormpulse/protocol';
import { newNonce, nodeCrypto } from '@stormpulse/protocol/node';
import { sameHash } from '../auth/secret-text.ts';
import type { Clock } from '../config/options.ts';
import { HubError } from '../errors.ts';
import type { Changes } from '../state/changes.ts';
import { newId } from '../storage/ids.ts';
import type { TargetRow } from '../storage/run-store.ts';
import type { Stores } from '../storage/stores.ts';
import type { Dispatch } from './dispatch.ts';
import { findRunView } from './run-view.ts';
import type { RunView } from './run-view.ts';
import { CANCEL } from './signer.ts';

/** A person's order. `confirm` is the agent's id, where the command asks for confirmation. */
export interface RunOrder {
  readonly agent: string;
  readonly command: string;
  readonly params: Readonly<Record<string, string>>;
  readonly confirm?: string;
}

/** Takes orders to run a command. */
export interface Issue {
  /**
   * Stores a run and sends it when its turn comes: at once, after the one before, or when its agent is back within an hour. The same key and body again give the same run. Throws HubError:
   * E_AGENT 404, E_RUN_COMMAND and E_RUN_PARAM 422, E_NEEDS 428, E_IDEMPOTENCY 422.
   */
  run(order: RunOrder, idempotencyKey: string): RunView;
  /**
   * Ends the command that this agent was sent under that request id: sends it the agent's own command `agent_cancel`, before all
   * that waits, and gives that run. One that was not sent yet is dropped, and is itself what is given. Throws HubError: E_RUN 404, E_RUN_ENDED 409, E_RUN_COMMAND 422 where the agent cannot, E_IDEMPOTENCY 422.
   */
  cancel(agentId: string, requestId: string, idempotencyKey: string): RunView;
}

/** What the agent said of the command. */
interface Checked {
  readonly timeout: number;
  readonly long_running: boolean;
}

interface IssuePorts {
  readonly stores: Stores;
  readonly dispatch: Dispatch;
  readonly changes: Changes;
  readonly clock: Clock;
}

/** Only tries whether an agent would take it: nothing is sent under this key. */
const PROBE_KEY = new Uint8Array(32).fill(0x61);

export function createIssue({ stores, dispatch, changes, clock }: IssuePorts): Issue {
  return {
    run: (order, idempotencyKey) => once(order, idempotencyKey, () => checkOrder(order)),
    cancel(agentId, requestId, idempotencyKey) {
      const target = stores.runs.byRequestId(requestId);
      if (target?.agentId === agentId && target.state === 'queued') {
        stores.runs.setState(target.id, 'refused', 'cancelled before it was sent', clock.now());
        changes.publish({ kind: 'run', runId: target.runId });
        return viewOf(target.runId);
      }
      const order = { agent: agentId, command: CANCEL, params: { request_id: requestId } };
      return once(order, idempotencyKey, () => checkCancel(agentId, target));
    },
  };

  function once(order: RunOrder, idempotencyKey: string, check: () => Checked): RunView {
    const digest = createHash('sha256').update(JSON.stringify(order)).digest();
    const known = stores.runs.byIdempotencyKey(idempotencyKey);
    if (known !== undefined) {
      if (sameHash(known.digest, digest)) return viewOf(known.id);
      throw new HubError('E_IDEMPOTENCY', 422, 'this Idempotency-Key was used for another order; take a new key');
    }
    const entry = check();
    const id = newId('run', clock.now());
    const nonce = newNonce();
    stores.transaction(() =>
      stores.runs.add({
        run: { id, agentId: order.agent, command: order.command, params: order.params, createdAt: clock.now() },
        target: {
          id: newId('tgt', clock.now()),
          nonce,
          requestId: boundRequestId(nodeCrypto, nonce),
          longRunning: entry.long_running,
          timeoutMs: Math.min(Math.max(entry.timeout, 1), 86_400) * 1_000,
        },
        idempotencyKey,
        digest,
      }),
    );
    changes.publish({ kind: 'run', runId: id });
    dispatch.pump(order.agent);
    return viewOf(id);
  }

  /** `unknown` counts as open: the link was lost, and the command may still run. */
  function checkCancel(agentId: string, target: TargetRow | undefined): Checked {
    if (target?.agentId !== agentId)
      throw new HubError('E_RUN', 404, `agent "${agentId}" was given no command with this request id`);
    if (!['sent', 'running', 'unknown'].includes(target.state))
      throw new HubError('E_RUN_ENDED', 409, `this command has ended already: ${target.state}; there is nothing to cancel`);
    if (stores.agents.find(agentId)?.features.includes('command.cancel') === true) return { timeout: 10, long_running: false };
    const detail = `agent "${agentId}" cannot cancel a command; it ends by itself at its timeout`;
    throw new HubError('E_RUN_COMMAND', 422, detail, {
      errors: [{ pointer: '/agent', expected: 'an agent with command.cancel' }],
    });
  }

  function checkOrder(order: RunOrder): Checked {
    const agent = stores.agents.find(order.agent);
    if (agent === undefined) throw new HubError('E_AGENT', 404, `there is no agent "${order.agent.slice(0, 80)}"`);
    const entry = Object.hasOwn(agent.manifest, order.command) ? agent.manifest[order.command] : undefined;
    if (entry === undefined) {
      const expected = `one of: ${Object.keys(agent.manifest).join(', ') || 'nothing yet, it has not registered'}`;
      throw new HubError('E_RUN_COMMAND', 422, `agent "${agent.id}" has no command "${order.command.slice(0, 80)}"`, {
        errors: [{ pointer: '/command', got: order.command.slice(0, 80), expected }],
      });
    }
    if (entry.requires_confirmation && order.confirm !== agent.id) {
      throw new HubError('E_NEEDS', 428, `"${order.command}" needs a confirmation: repeat with confirm set to "${agent.id}"`, {
        errors: [{ pointer: '/confirm', expected: `the agent's id, "${agent.id}"` }],
      });
    }
    checkSignable(order, Object.keys(entry.params));
    return entry;
  }

  function checkSignable({ command, params }: RunOrder, declared: readonly string[]): void {
    try {
      const ts = formatTimestamp(BigInt(clock.now()) * 1_000n);
      signRequest(nodeCrypto, PROBE_KEY, { command, params: { ...params }, nonce: newNonce(), ts }, declared);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new HubError('E_RUN_PARAM', 422, `the agent would refuse these parameters: ${error.message}`, {
        cause: error,
        errors: [{ pointer: '/params', expected: 'texts that have one reading on the wire' }],
      });
    }
  }

  function viewOf(id: string): RunView {
    const view = findRunView(stores.runs, id);
    if (view === undefined) throw new HubError('E_STORE', 503, `run ${id} is missing from the database`);
    return view;
  }
}
