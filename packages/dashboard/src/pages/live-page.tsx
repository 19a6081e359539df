import { useQuery } from '@tanstack/react-query';
import { agentsQuery } from '../api/queries.ts';
import type { AgentView } from '../api/types.ts';
import { AgentList } from '../parts/agent-list.tsx';
import { HostText } from '../parts/host-text.tsx';
import { useHub } from '../parts/hub-context.tsx';
import { LiveLight } from '../parts/live-light.tsx';
import { Failure, Loading, Notice } from '../parts/notice.tsx';
import { AgentPage } from './agent-page.tsx';

interface Props {
  readonly wanted: string | null;
  readonly onChoose: (agent: string) => void;
}

/** The live page: every agent on one side, the chosen one on the other. */
export function LivePage({ wanted, onChoose }: Props) {
  const { client } = useHub();
  const agents = useQuery(agentsQuery(client));
  const items = agents.data?.items ?? [];
  const chosen = wanted === null ? items[0] : items.find((agent) => agent.id === wanted);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to the chosen agent
      </a>
      <header className="top">
        <span className="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true" className="brand-mark">
            <rect width="32" height="32" rx="8" />
            <path d="M5 17h5l3-8 5 15 4-9 1.500 2H27" />
          </svg>
          Storm Pulse
        </span>
        <LiveLight />
      </header>
      <nav className="rail" aria-label="Agents">
        <h2>{agents.data === undefined ? 'Agents' : `Agents (${items.length})`}</h2>
        {agents.isPending && <Loading what="the agents" />}
        {agents.isError && items.length === 0 && (
          <Failure what="the agents" error={agents.error} onRetry={() => void agents.refetch()} />
        )}
        {agents.data !== undefined && <AgentList agents={items} chosen={chosen?.id ?? null} onChoose={onChoose} />}
      </nav>
      <main id="main" tabIndex={-1}>
        <Chosen chosen={chosen} wanted={wanted} loaded={agents.data !== undefined} />
      </main>
    </div>
  );
}

interface ChosenProps {
  readonly chosen: AgentView | undefined;
  readonly wanted: string | null;
  readonly loaded: boolean;
}

function Chosen({ chosen, wanted, loaded }: ChosenProps) {
  if (chosen !== undefined) return <AgentPage key={chosen.id} agent={chosen} />;
  if (!loaded) return <Loading what="the chosen agent" lines={6} />;
  if (wanted === null) {
    return (
      <>
        <h1>Nothing to show yet</h1>
        <p className="muted">This page fills as soon as the first agent is enrolled and connected.</p>
      </>
    );
  }
  return (
    <Notice title="No such agent" tone="warn">
      <p>
        The hub knows no agent named <HostText text={wanted} maxChars={64} />. Choose one of the list, or enrol it.
      </p>
    </Notice>
  );
}
