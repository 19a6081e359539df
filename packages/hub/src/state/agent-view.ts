import type { AgentRow, Figures } from '../storage/agent-store.ts';
import type { CertificateRow } from '../storage/certificate-store.ts';
import type { Stores } from '../storage/stores.ts';

/** An agent as the API gives it (hub page 2.2). Times are Unix milliseconds; `figures.at` is Unix seconds. */
export interface AgentView {
  readonly id: string;
  readonly state: string;
  readonly version: string | null;
  readonly os: string | null;
  readonly liveness: {
    readonly link: { readonly state: 'up' | 'down'; readonly since: number };
    readonly agent: { readonly state: 'ok' | 'clock_off' | 'silent'; readonly since: number; readonly skew_ms: number | null };
  };
  readonly figures: Figures | null;
  readonly certificate: { readonly serial: string; readonly not_after: number } | null;
  readonly signoff: { readonly sealed: boolean | null; readonly unsealed_since: string | null };
  readonly features: readonly string[];
  readonly revision: number;
}

/** Beyond this an agent refuses our commands as dated ahead (SEC-059). */
const CLOCK_OFF_MS = 5_000;

export function toAgentView(agent: AgentRow, certificate: CertificateRow | undefined): AgentView {
  return {
    id: agent.id,
    state: agent.state,
    version: agent.version,
    os: agent.os,
    liveness: {
      link: { state: agent.link, since: agent.linkSince },
      agent: { state: agentState(agent), since: agent.linkSince, skew_ms: agent.skewMs },
    },
    figures: agent.figures,
    certificate: certificate === undefined ? null : { serial: certificate.serial, not_after: certificate.notAfter },
    signoff: { sealed: agent.sealed, unsealed_since: agent.unsealedSince },
    features: agent.features,
    revision: agent.revision,
  };
}

/** The view of one agent by id, as it is stored now. */
export function findAgentView(stores: Stores, agentId: string): AgentView | undefined {
  const agent = stores.agents.find(agentId);
  return agent === undefined ? undefined : toAgentView(agent, stores.certificates.latestOf(agentId));
}

function agentState(agent: AgentRow): 'ok' | 'clock_off' | 'silent' {
  if (agent.link === 'down') return 'silent';
  return Math.abs(agent.skewMs ?? 0) > CLOCK_OFF_MS ? 'clock_off' : 'ok';
}
