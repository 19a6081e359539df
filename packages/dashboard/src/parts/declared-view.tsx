import type { DeclaredPlugin } from '../api/types.ts';
import { declaredFacts } from '../model/declared-facts.ts';
import { HostText } from './host-text.tsx';

const SHOWN = 20;

/** What a plugin declares of itself, all of it granted by the host: closed until somebody asks. */
export function DeclaredView({ declared }: { readonly declared: DeclaredPlugin }) {
  return (
    <details className="declared" data-testid={`declared-${declared.name}`}>
      <summary>What it is and may do</summary>
      <p className="muted">
        <HostText text={declared.description} maxChars={300} />
      </p>
      <dl>
        {declaredFacts(declared).map(({ name, values }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {values.slice(0, SHOWN).map((value, index) => (
                <span key={index} className="chip">
                  <HostText text={value} maxChars={120} />
                </span>
              ))}
              {values.length > SHOWN && <span className="muted">{`${values.length - SHOWN} more`}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
