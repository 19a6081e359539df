import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { commandsQuery, pluginsQuery } from '../api/queries.ts';
import type { AgentView, CommandView } from '../api/types.ts';
import { commandGroups, runsAtOnce } from '../model/command-form.ts';
import { isLinked } from '../model/agent-words.ts';
import { CommandButton } from './command-button.tsx';
import { CommandForm } from './command-form.tsx';
import { HostText } from './host-text.tsx';
import { useHub } from './hub-context.tsx';
import { Failure, Loading, Notice } from './notice.tsx';
import { Panel } from './panel.tsx';
import { useStartRun } from './use-start-run.ts';

interface Props {
  readonly agent: AgentView;
  readonly onStarted: (runId: string) => void;
}

/** The commands this agent allows, by group. One without parameters runs on the click, the others open their form. */
export function CommandPanel({ agent, onStarted }: Props) {
  const { client } = useHub();
  const commands = useQuery(commandsQuery(client, agent.id));
  const plugins = useQuery(pluginsQuery(client, agent.id));
  const [chosenName, setChosenName] = useState<string | null>(null);
  const start = useStartRun(onStarted);
  if (commands.isPending) return <Panel title="Commands" children={<Loading what="the commands" />} />;
  if (commands.isError) {
    return (
      <Panel title="Commands">
        <Failure what="the commands" error={commands.error} onRetry={() => void commands.refetch()} />
      </Panel>
    );
  }
  const { items } = commands.data;
  const chosen = items.find((command) => command.name === chosenName);

  const choose = (command: CommandView) => {
    start.reset();
    setChosenName(command.name);
    if (runsAtOnce(command)) start.mutate({ agent: agent.id, command: command.name, params: {} });
  };

  return (
    <Panel title="Commands" aside={<span className="muted">{`${items.length} allowed by this host`}</span>}>
      {items.length === 0 && (
        <Notice title="This host allows no command">
          <p>Its operator adds them to the agent's file, for example</p>
          <pre className="line">{'[commands.uptime]\ngroup = "diagnostics"\ncommand = ["/usr/bin/uptime"]\ntimeout = 10'}</pre>
        </Notice>
      )}
      {!isLinked(agent) && items.length > 0 && (
        <Notice title="The host is not connected" tone="warn">
          <p>A command asked for now waits, and is refused once it is too old to be trusted.</p>
        </Notice>
      )}
      <div className="groups">
        {commandGroups(items).map((group) => (
          <div key={group.name} className="group" role="group" aria-label={`Group ${group.name}`}>
            <h3>
              <HostText text={group.name} maxChars={40} />
            </h3>
            <div className="buttons">
              {group.commands.map((command) => (
                <CommandButton key={command.name} command={command} chosen={command === chosen} onChoose={choose} />
              ))}
            </div>
          </div>
        ))}
      </div>
      {chosen !== undefined && (
        <CommandForm key={chosen.name} agent={agent} command={chosen} plugins={plugins.data?.items ?? []} start={start} />
      )}
    </Panel>
  );
}
