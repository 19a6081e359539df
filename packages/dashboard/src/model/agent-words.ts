import type { AgentView } from '../api/types.ts';
import type { Words } from './run-words.ts';

/** The agent's light: link and agent are two facts; the words name which one speaks (hub page, section 2.1). */
export function agentWords(agent: AgentView): Words {
  if (agent.state === 'revoked' || agent.state === 'quarantined') {
    return { tone: 'bad', word: agent.state, meaning: 'The hub takes nothing from this agent and sends it nothing.' };
  }
  if (agent.state === 'suspended') {
    return { tone: 'warn', word: 'suspended', meaning: 'Figures arrive, commands are not sent.' };
  }
  switch (neverSeen(agent) ? 'never' : agent.liveness.link.state) {
    case 'up':
      return upWords(agent.liveness.agent.state);
    case 'late':
      return { tone: 'warn', word: 'link late', meaning: 'A heartbeat is overdue. The figures are the last ones known.' };
    case 'never':
      return { tone: 'unknown', word: 'not seen yet', meaning: 'Enrolled, never connected. Start the agent: stormpulse run' };
    case 'down':
      return {
        tone: 'bad',
        word: 'link down',
        meaning: 'Not connected: the figures are the last ones known. On the host, "stormpulse status" says why.',
      };
    default:
      return { tone: 'unknown', word: 'link unknown', meaning: 'The hub started a moment ago and has not heard from it yet.' };
  }
}

/** Whether the figures on the page are still being renewed. */
export function isLinked(agent: AgentView): boolean {
  return agent.liveness.link.state === 'up';
}

/** Its first `register` brings a version; before that the link is down because it never was up. */
export function neverSeen(agent: AgentView): boolean {
  return agent.liveness.link.state === 'never' || (agent.liveness.link.state === 'down' && agent.version === null);
}

function upWords(state: string): Words {
  switch (state) {
    case 'ok':
      return { tone: 'ok', word: 'connected', meaning: 'Linked, and the agent reports no trouble.' };
    case 'silent':
      return { tone: 'warn', word: 'silent', meaning: 'Linked, but it sends no figures.' };
    case 'clock_off':
      return { tone: 'warn', word: 'clock off', meaning: "Its clock differs from the hub's; signed commands may be refused." };
    case 'refusing':
      return { tone: 'bad', word: 'refusing', meaning: 'Linked, but it refuses commands to stay safe. Its events say why.' };
    case 'degraded':
      return { tone: 'warn', word: 'degraded', meaning: 'Linked, with a part of it in trouble. See its plugins.' };
    default:
      return { tone: 'unknown', word: state, meaning: 'The hub names a state this page does not know.' };
  }
}
