import { useState } from 'react';
import type { AgentView } from '../api/types.ts';
import { AgentRow } from './agent-row.tsx';
import { Notice } from './notice.tsx';

interface Props {
  readonly agents: readonly AgentView[];
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

const FILTER_FROM = 8;

/** Every agent the hub knows, by name; a filter once there are more than fit. */
export function AgentList({ agents, chosen, onChoose }: Props) {
  const [filter, setFilter] = useState('');
  if (agents.length === 0) {
    return (
      <Notice title="No agent yet">
        <p>Enrol one: on the hub's machine</p>
        <pre className="line">stormpulse-hub token web-1 --state DIR</pre>
        <p>prints the line to paste on the host. It appears here by itself.</p>
      </Notice>
    );
  }
  const wanted = filter.trim().toLowerCase();
  const shown = agents.filter((agent) => agent.id.toLowerCase().includes(wanted));
  return (
    <>
      {agents.length >= FILTER_FROM && (
        <label className="filter">
          <span className="sr-only">Filter agents by name</span>
          <input type="search" placeholder="filter by name" value={filter} onChange={(event) => setFilter(event.target.value)} />
        </label>
      )}
      {shown.length === 0 && (
        <Notice title={`None of ${agents.length} agents matches`}>
          <button type="button" className="quiet" onClick={() => setFilter('')}>
            Show all
          </button>
        </Notice>
      )}
      <ul className="agent-list">
        {shown.map((agent) => (
          <AgentRow key={agent.id} agent={agent} chosen={agent.id === chosen} onChoose={onChoose} />
        ))}
      </ul>
    </>
  );
}
