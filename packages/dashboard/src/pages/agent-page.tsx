import { useEffect, useRef, useState } from 'react';
import type { AgentView } from '../api/types.ts';
import { AgentHeader } from '../parts/agent-header.tsx';
import { CommandPanel } from '../parts/command-panel.tsx';
import { EventList } from '../parts/event-list.tsx';
import { FiguresPanel } from '../parts/figures-panel.tsx';
import { Notice } from '../parts/notice.tsx';
import { Panel } from '../parts/panel.tsx';
import { PluginPanel } from '../parts/plugin-panel.tsx';
import { RunList } from '../parts/run-list.tsx';
import { RunOutput } from '../parts/run-output.tsx';

/** One agent: how it is, what it may do, what was done, what it says. */
export function AgentPage({ agent }: { readonly agent: AgentView }) {
  const [shownRun, setShownRun] = useState<string | null>(null);
  const output = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (shownRun !== null) output.current?.scrollIntoView({ block: 'nearest' });
  }, [shownRun]);
  return (
    <>
      <AgentHeader agent={agent} />
      <FiguresPanel agent={agent} />
      <div className="columns">
        <div className="column">
          <CommandPanel agent={agent} onStarted={setShownRun} />
          <div ref={output} className="output">
            <Panel title="Output">
              {shownRun === null ? (
                <Notice title="No run chosen">
                  <p>Run a command, or choose one of the recent runs: its answer appears here.</p>
                </Notice>
              ) : (
                <RunOutput key={shownRun} id={shownRun} />
              )}
            </Panel>
          </div>
        </div>
        <div className="column">
          <RunList agent={agent.id} shown={shownRun} onShow={setShownRun} />
          <EventList agent={agent.id} />
        </div>
      </div>
      <PluginPanel agent={agent.id} />
    </>
  );
}
