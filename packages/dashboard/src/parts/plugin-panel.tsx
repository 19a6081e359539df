import { useQuery } from '@tanstack/react-query';
import { pluginsQuery } from '../api/queries.ts';
import type { PluginView } from '../api/types.ts';
import type { Words } from '../model/run-words.ts';
import { pluginWords } from '../model/plugin-words.ts';
import { shapesOf } from '../model/state-shape.ts';
import { DeclaredView } from './declared-view.tsx';
import { HostText } from './host-text.tsx';
import { useHub } from './hub-context.tsx';
import { Failure, Loading, Notice } from './notice.tsx';
import { Panel } from './panel.tsx';
import { StateSign } from './state-sign.tsx';
import { StateView } from './state-view.tsx';

/** Each plugin of the agent: how it stands, why it is off, and its state as data. */
export function PluginPanel({ agent }: { readonly agent: string }) {
  const { client } = useHub();
  const plugins = useQuery(pluginsQuery(client, agent));
  return (
    <Panel title="Plugins" className="wide">
      {plugins.isPending && <Loading what="the plugins" />}
      {plugins.isError && plugins.data === undefined && (
        <Failure what="the plugins" error={plugins.error} onRetry={() => void plugins.refetch()} />
      )}
      {plugins.data?.items.length === 0 && (
        <Notice title="This agent names no plugin">
          <p>A Python agent sends none; ours names them once it is connected.</p>
        </Notice>
      )}
      {plugins.data?.items.map((plugin) => (
        <Plugin key={plugin.name} plugin={plugin} words={pluginWords(plugin)} />
      ))}
    </Panel>
  );
}

function Plugin({ plugin, words }: { readonly plugin: PluginView; readonly words: Words }) {
  const { shapes, omitted } = shapesOf(plugin.state);
  return (
    <details className="plugin" open={shapes.length > 0 || (plugin.disabled_reason ?? '') !== ''}>
      <summary>
        <strong>
          <HostText text={plugin.name} maxChars={64} />
        </strong>
        <StateSign words={words} />
      </summary>
      {plugin.disabled_reason !== null && plugin.disabled_reason !== '' && (
        <p className="reason">
          <HostText text={plugin.disabled_reason} maxChars={400} />
        </p>
      )}
      {shapes.length === 0 ? <p className="muted">It publishes no state.</p> : <StateView shapes={shapes} omitted={omitted} />}
      {plugin.declared !== null && <DeclaredView declared={plugin.declared} />}
    </details>
  );
}
