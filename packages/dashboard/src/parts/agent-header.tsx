import type { ReactNode } from 'react';
import type { AgentView } from '../api/types.ts';
import { agentWords, isLinked, neverSeen } from '../model/agent-words.ts';
import { ageText, unixMs } from '../text/time.ts';
import { Age } from './age.tsx';
import { useNow } from './use-now.ts';
import { HostText } from './host-text.tsx';
import { Notice } from './notice.tsx';
import { StateSign } from './state-sign.tsx';

/** Who the chosen agent is, how it stands, and what its operator should know. */
export function AgentHeader({ agent }: { readonly agent: AgentView }) {
  const words = agentWords(agent);
  const skew = agent.liveness.agent.skew_ms;
  return (
    <header className="agent-header">
      <div className="agent-title">
        <h1>
          <HostText text={agent.id} maxChars={64} />
        </h1>
        <StateSign words={words} />
        {!neverSeen(agent) && <Age at={agent.liveness.link.since} before={isLinked(agent) ? 'linked' : 'changed'} />}
      </div>
      <dl className="facts-line">
        <Fact name="system">
          <HostText text={agent.os ?? 'unknown'} maxChars={80} />
        </Fact>
        <Fact name="agent">
          <HostText text={agent.version ?? 'unknown'} maxChars={40} />
        </Fact>
        {agent.figures !== null && typeof agent.figures.uptime_seconds === 'number' && (
          <Fact name="up">{ageText(agent.figures.uptime_seconds * 1000)}</Fact>
        )}
        {skew !== null && Math.abs(skew) >= 1000 && <Fact name="clock differs">{ageText(Math.abs(skew))}</Fact>}
        <Certificate agent={agent} />
        {typeof agent.signoff?.sealed === 'boolean' && (
          <Fact name="hatch">
            {agent.signoff.sealed ? 'sealed' : <strong className="warn">◐ open: verify and apply blocks may run</strong>}
          </Fact>
        )}
      </dl>
      {words.tone !== 'ok' && (
        <Notice title={words.word} tone={words.tone === 'bad' ? 'bad' : 'warn'}>
          <p>{words.meaning}</p>
        </Notice>
      )}
    </header>
  );
}

function Certificate({ agent }: { readonly agent: AgentView }) {
  const now = useNow();
  const end = unixMs(agent.certificate?.not_after);
  if (end === null) return null;
  const left = end - now;
  if (left <= 0) return <Fact name="certificate">{<strong className="bad">▲ expired: enrol again</strong>}</Fact>;
  return <Fact name="certificate">{`${ageText(left)} left`}</Fact>;
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
