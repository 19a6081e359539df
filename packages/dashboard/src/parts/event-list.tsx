import { useQuery } from '@tanstack/react-query';
import { eventsQuery } from '../api/queries.ts';
import type { EventView } from '../api/types.ts';
import { eventWords } from '../model/event-words.ts';
import { HostText } from './host-text.tsx';
import { useHub } from './hub-context.tsx';
import { Moment } from './moment.tsx';
import { Failure, Loading, Notice } from './notice.tsx';
import { Panel } from './panel.tsx';
import { StateSign } from './state-sign.tsx';

/** What the agent itself reports, newest first; refusals stand out. */
export function EventList({ agent }: { readonly agent: string }) {
  const { client } = useHub();
  const events = useQuery(eventsQuery(client, agent));
  return (
    <Panel title="Recent events">
      {events.isPending && <Loading what="the events" />}
      {events.isError && <Failure what="the events" error={events.error} onRetry={() => void events.refetch()} />}
      {events.data?.items.length === 0 && (
        <Notice title="No events">
          <p>The agent reports here what it refused, lost or reconnected. Nothing so far is good news.</p>
        </Notice>
      )}
      <ul className="rows">
        {events.data?.items.map((event) => (
          <EventRow key={String(event.id)} event={event} />
        ))}
      </ul>
    </Panel>
  );
}

function EventRow({ event }: { readonly event: EventView }) {
  const words = eventWords(event);
  return (
    <li className={words.refusal ? 'event refusal' : 'event'} data-testid="event-row" data-kind={event.kind}>
      <div className="event-head">
        <Moment at={event.at} />
        <StateSign words={{ tone: words.tone, word: words.word, meaning: `Reported by ${event.source} as ${event.kind}` }} />
      </div>
      {words.details.length > 0 && (
        <dl className="event-details">
          {words.details.map(([name, value]) => (
            <div key={name}>
              <dt>
                <HostText text={name} maxChars={40} />
              </dt>
              <dd>
                <HostText text={value} maxChars={300} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}
