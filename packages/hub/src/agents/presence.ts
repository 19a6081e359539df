import type { Clock } from '../config/options.ts';
import type { Changes } from '../state/changes.ts';
import type { AgentStore } from '../storage/agent-store.ts';
import type { AgentLink } from './link.ts';

/** Who is connected: at most one link an agent. */
export interface Presence {
  link(agentId: string): AgentLink | undefined;
  /** Takes a link; a former one of the same agent is closed. */
  enter(link: AgentLink): void;
  /** False when the link had been replaced already, so that nothing else has to end. */
  leave(link: AgentLink): boolean;
  closeAll(code: number, reason: string): void;
}

/** Close code for a link whose agent connected anew. */
export const REPLACED = 4000;

export function createPresence(ports: {
  readonly agents: AgentStore;
  readonly changes: Changes;
  readonly clock: Clock;
}): Presence {
  const links = new Map<string, AgentLink>();
  const { agents, changes, clock } = ports;

  function record(agentId: string, state: 'up' | 'down'): void {
    agents.setLink(agentId, state, clock.now());
    changes.publish({ kind: 'agent', agentId });
  }

  return {
    link: (agentId) => links.get(agentId),
    enter(link) {
      const former = links.get(link.agentId);
      links.set(link.agentId, link);
      former?.close(REPLACED, 'replaced by a newer connection of this agent');
      record(link.agentId, 'up');
    },
    leave(link) {
      if (links.get(link.agentId) !== link) return false;
      links.delete(link.agentId);
      record(link.agentId, 'down');
      return true;
    },
    closeAll(code, reason) {
      for (const link of links.values()) link.close(code, reason);
    },
  };
}
