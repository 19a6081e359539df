import { formatTimestamp } from '@stormpulse/protocol';
import { newNonce } from '@stormpulse/protocol/node';
import type { Presence } from '../agents/presence.ts';
import type { AgentLink } from '../agents/link.ts';
import type { Clock, GatewayTimes, HubLog } from '../config/options.ts';
import { messageOf } from '../errors.ts';
import type { Changes } from '../state/changes.ts';
import type { TargetRow } from '../storage/run-store.ts';
import type { Stores } from '../storage/stores.ts';
import { CANCEL } from './signer.ts';
import type { Signer } from './signer.ts';

/** Sends queued targets to connected agents, and waits for their answers. */
export interface Dispatch {
  /** Sends what may go now. */
  pump(agentId: string): void;
  /** True while an agent that runs one command at a time has one open; jobs do not count (design, D1). */
  holdsAcks(link: AgentLink): boolean;
  /** Progress came: the answer is due later. */
  extend(target: TargetRow): void;
  /** An answer came, or none will: the next may go. */
  settled(target: TargetRow): void;
  /** The link is gone: what was sent has an unknown outcome and is never sent again. */
  disconnected(agentId: string): void;
  /** After a restart: answers to what was sent before can only come late. */
  recover(): void;
  close(): void;
}

interface DispatchPorts {
  readonly stores: Stores;
  readonly signer: Signer;
  readonly presence: Presence;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly times: Pick<GatewayTimes, 'resultGraceMs'>;
  readonly log: HubLog;
}

const MAX_OPEN = 32;
/** How long an order waits for its agent (hub page 7.8). */
const MAX_QUEUED_MS = 3_600_000;
const SWEEP_MS = 15_000;

export function createDispatch(ports: DispatchPorts): Dispatch {
  const { stores, signer, presence, changes, clock, times, log } = ports;
  const timers = new Map<string, NodeJS.Timeout>();

  function changed(target: TargetRow): void {
    changes.publish({ kind: 'run', runId: target.runId });
  }

  function disarm(target: TargetRow): void {
    clearTimeout(timers.get(target.id));
    timers.delete(target.id);
  }

  function arm(target: TargetRow): void {
    disarm(target);
    const timer = setTimeout(() => giveUp(target), target.timeoutMs + times.resultGraceMs);
    timers.set(target.id, timer);
  }

  function giveUp(target: TargetRow): void {
    try {
      stores.runs.setState(target.id, 'unknown', 'no answer within its time', clock.now());
      settled(target);
      changed(target);
    } catch (error) {
      log.error({ agent: target.agentId, run: target.runId, error: messageOf(error) }, 'the end of a run was not stored');
    }
  }

  function settled(target: TargetRow): void {
    disarm(target);
    const link = presence.link(target.agentId);
    if (link === undefined) return;
    if (!holdsAcks(link)) link.releaseHeld();
    pump(target.agentId);
  }

  function holdsAcks(link: AgentLink): boolean {
    if (link.negotiated?.plain !== true) return false;
    return stores.runs.unanswered(link.agentId).some((target) => !target.longRunning);
  }

  function expire(): void {
    for (const target of stores.runs.waitingSince(clock.now() - MAX_QUEUED_MS)) {
      stores.runs.setState(target.id, 'expired', 'its turn did not come within an hour', clock.now());
      changed(target);
    }
  }

  function pump(agentId: string): void {
    expire();
    const link = presence.link(agentId);
    if (link?.negotiated === undefined) return;
    const queued = stores.runs.live(agentId).filter((target) => target.state === 'queued');
    const cancels = queued.filter((target) => stores.runs.find(target.runId)?.command === CANCEL);
    for (const target of cancels) sendTarget(link, target);
    for (const target of queued) {
      if (cancels.includes(target)) continue;
      if (holdsAcks(link) || stores.runs.unanswered(agentId).length >= MAX_OPEN) return;
      sendTarget(link, target);
    }
  }

  /** Signs as late as possible, and writes that it was sent before it is: a crash between leaves `unknown`, never a second run. */
  function sendTarget(link: AgentLink, target: TargetRow): void {
    const run = stores.runs.find(target.runId);
    if (run === undefined) return;
    const nowMs = clock.now();
    const nonce = target.nonce ?? newNonce();
    const ts = formatTimestamp(BigInt(nowMs) * 1_000n);
    let frame: string;
    try {
      frame = signer.sign(link.agentId, { command: run.command, params: run.params, nonce, ts, id: target.requestId });
    } catch (error) {
      log.warn({ agent: link.agentId, run: run.id, error: messageOf(error) }, 'command not signed');
      stores.runs.setState(target.id, 'refused', messageOf(error), nowMs);
      changed(target);
      return;
    }
    stores.runs.markSent(target.id, { ts, at: nowMs });
    link.send(frame);
    arm(target);
    changed(target);
  }

  function lose(targets: readonly TargetRow[], reason: string): void {
    for (const target of targets) {
      disarm(target);
      stores.runs.setState(target.id, 'unknown', reason, clock.now());
      changed(target);
    }
  }

  const sweep = setInterval(() => {
    try {
      expire();
    } catch (error) {
      log.error({ error: messageOf(error) }, 'waiting orders were not looked through');
    }
  }, SWEEP_MS);

  return {
    pump,
    holdsAcks,
    settled,
    extend(target) {
      if (timers.has(target.id)) arm(target);
    },
    disconnected(agentId) {
      lose(stores.runs.unanswered(agentId), 'the link was lost before an answer came');
    },
    recover() {
      lose(stores.runs.unanswered(undefined), 'the hub was restarted before an answer came');
    },
    close() {
      clearInterval(sweep);
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
