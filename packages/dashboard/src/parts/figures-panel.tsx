import { useQuery } from '@tanstack/react-query';
import { metricsQuery } from '../api/queries.ts';
import type { AgentView } from '../api/types.ts';
import { isLinked } from '../model/agent-words.ts';
import { pointsOf } from '../model/series.ts';
import { gibibytesText, loadText, mebibytesText, percentText } from '../text/numbers.ts';
import { Age } from './age.tsx';
import { ChartTile } from './chart-tile.tsx';
import { useHub } from './hub-context.tsx';
import { Failure, Loading, Notice } from './notice.tsx';
import { Panel } from './panel.tsx';

/** The four figures every host has, with their course, and how old they are. */
export function FiguresPanel({ agent }: { readonly agent: AgentView }) {
  const { client, stream } = useHub();
  const metrics = useQuery(metricsQuery(client, agent.id));
  const { figures } = agent;
  if (figures === null) {
    return (
      <Panel title="Figures">
        <Notice title="No figures yet">
          <p>They come with the agent's next push, usually within 15 seconds of its connecting.</p>
        </Notice>
      </Panel>
    );
  }
  const stale = !isLinked(agent) || stream === 'reconnecting';
  const course = (name: string) => (metrics.data === undefined ? [] : pointsOf(metrics.data, name));
  const of = (used: string, total: string) => `${used} of ${total}`;
  return (
    <Panel title="Figures" aside={<Age at={figures.at} before="measured" oldAfterMs={90_000} />}>
      <div className="tiles">
        <ChartTile
          label="CPU"
          figure={percentText(figures.cpu_percent)}
          note="of all cores"
          points={course('cpu_percent')}
          ceiling={100}
          format={percentText}
          stale={stale}
          testId="figure-cpu"
        />
        <ChartTile
          label="Memory"
          figure={percentText(figures.memory_percent)}
          note={of(mebibytesText(figures.memory_used_mb), mebibytesText(figures.memory_total_mb))}
          points={course('memory_percent')}
          ceiling={100}
          format={percentText}
          stale={stale}
          testId="figure-memory"
        />
        <ChartTile
          label="Load"
          figure={loadText(figures.load_avg_1m)}
          note={`5 min ${loadText(figures.load_avg_5m)}`}
          points={course('load_avg_1m')}
          ceiling={null}
          format={loadText}
          stale={stale}
          testId="figure-load"
        />
        <ChartTile
          label="Disk /"
          figure={percentText(figures.disk_percent)}
          note={of(gibibytesText(figures.disk_used_gb), gibibytesText(figures.disk_total_gb))}
          points={course('disk_percent')}
          ceiling={100}
          format={percentText}
          stale={stale}
          testId="figure-disk"
        />
      </div>
      {metrics.isPending && <Loading what="the course of the figures" lines={1} />}
      {metrics.isError && (
        <Failure what="the course of the figures" error={metrics.error} onRetry={() => void metrics.refetch()} />
      )}
    </Panel>
  );
}
