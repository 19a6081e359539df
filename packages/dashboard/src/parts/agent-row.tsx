import { memo } from 'react';
import type { AgentView } from '../api/types.ts';
import { agentWords, isLinked } from '../model/agent-words.ts';
import { agentAddress } from '../model/route.ts';
import { wholePercentText } from '../text/numbers.ts';
import { Age } from './age.tsx';
import { Bar } from './bar.tsx';
import { HostText } from './host-text.tsx';
import { StateSign } from './state-sign.tsx';

interface Props {
  readonly agent: AgentView;
  readonly chosen: boolean;
  readonly onChoose: (id: string) => void;
}

/** One agent of the list: a link, so that it opens in a new tab too. */
export const AgentRow = memo(function AgentRow({ agent, chosen, onChoose }: Props) {
  const { figures } = agent;
  return (
    <li>
      <a
        className={chosen ? 'agent-row chosen' : 'agent-row'}
        href={agentAddress(agent.id)}
        aria-current={chosen ? 'true' : undefined}
        data-testid="agent-row"
        data-agent={agent.id}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
          event.preventDefault();
          onChoose(agent.id);
        }}
      >
        <span className="agent-name">
          <HostText text={agent.id} maxChars={64} />
        </span>
        <StateSign words={agentWords(agent)} />
        {figures === null ? (
          <span className="agent-figures muted">no figures yet</span>
        ) : (
          <span className={isLinked(agent) ? 'agent-figures' : 'agent-figures stale'}>
            <MiniFigure label="CPU" percent={figures.cpu_percent} />
            <MiniFigure label="Mem" percent={figures.memory_percent} />
            <MiniFigure label="Disk" percent={figures.disk_percent} />
          </span>
        )}
        {figures !== null && <Age at={figures.at} oldAfterMs={90_000} />}
      </a>
    </li>
  );
});

function MiniFigure({ label, percent }: { readonly label: string; readonly percent: number | null }) {
  return (
    <span className="mini-figure">
      <span className="mini-label">{label}</span>
      <span className="mini-value">{wholePercentText(percent)}</span>
      <Bar percent={percent} />
    </span>
  );
}
