import { useQuery } from '@tanstack/react-query';
import { runsQuery } from '../api/queries.ts';
import { runWords } from '../model/run-words.ts';
import { durationText } from '../text/time.ts';
import { HostText } from './host-text.tsx';
import { useHub } from './hub-context.tsx';
import { Moment } from './moment.tsx';
import { Failure, Loading, Notice } from './notice.tsx';
import { Panel } from './panel.tsx';
import { StateSign } from './state-sign.tsx';

interface Props {
  readonly agent: string;
  readonly shown: string | null;
  readonly onShow: (runId: string) => void;
}

/** What was asked of this agent, newest first; a click shows its output. */
export function RunList({ agent, shown, onShow }: Props) {
  const { client } = useHub();
  const runs = useQuery(runsQuery(client, agent));
  return (
    <Panel title="Recent runs">
      {runs.isPending && <Loading what="the runs" />}
      {runs.isError && <Failure what="the runs" error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.data?.items.length === 0 && (
        <Notice title="Nothing has been run here">
          <p>Click a command above; what it writes appears below it, and the run stays in this list.</p>
        </Notice>
      )}
      <ul className="rows">
        {runs.data?.items.map((run) => (
          <li key={run.id}>
            <button
              type="button"
              className={run.id === shown ? 'row chosen' : 'row'}
              aria-pressed={run.id === shown}
              data-testid="run-row"
              onClick={() => onShow(run.id)}
            >
              <Moment at={run.created_at} />
              <span className="row-main">
                <HostText text={run.command} maxChars={64} />
              </span>
              {typeof run.target?.result?.duration_ms === 'number' && (
                <span className="muted">{durationText(run.target.result.duration_ms)}</span>
              )}
              <StateSign words={runWords(run.state)} />
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
