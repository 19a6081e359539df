import { useQuery } from '@tanstack/react-query';
import { runQuery } from '../api/queries.ts';
import type { RunView } from '../api/types.ts';
import { reasonMeaning, runSentence, runWords } from '../model/run-words.ts';
import { visibleText } from '../text/hostile.ts';
import { durationText } from '../text/time.ts';
import { Age } from './age.tsx';
import { CancelButton } from './cancel-button.tsx';
import { HostText } from './host-text.tsx';
import { useHub } from './hub-context.tsx';
import { Failure, Loading } from './notice.tsx';
import { StateSign } from './state-sign.tsx';

const MAX_OUTPUT_CHARS = 60_000;
/** Drawn again with every piece. */
const MAX_LIVE_CHARS = 16_000;

/** One run: how it stands, what it cost, why it failed, and what it wrote. */
export function RunOutput({ id }: { readonly id: string }) {
  const { client, stream } = useHub();
  const run = useQuery(runQuery(client, id, stream));
  if (run.data === undefined) {
    return run.isError ? (
      <Failure what="this run" error={run.error} onRetry={() => void run.refetch()} />
    ) : (
      <Loading what="the run" lines={2} />
    );
  }
  return <RunDetails run={run.data} />;
}

function RunDetails({ run }: { readonly run: RunView }) {
  const words = runWords(run.state);
  const result = run.target?.result ?? null;
  const soFar = result === null ? (run.target?.output ?? null) : null;
  const params = Object.entries(run.params ?? {});
  return (
    <article className={`run-output ${words.tone}`} data-testid="run-output" data-run={run.id}>
      <p className="sr-only" role="status">
        {visibleText(runSentence(run), 300)}
      </p>
      <header className="run-head">
        <strong className="run-command">
          <HostText text={run.command} maxChars={64} />
        </strong>
        <StateSign words={words} testId="run-state" />
        {result !== null && <span className="run-fact">{`exit code ${result.exit_code ?? 'none'}`}</span>}
        {result !== null && <span className="run-fact">{durationText(result.duration_ms)}</span>}
        <Age at={run.created_at} before="asked" />
        <CancelButton key={run.id} run={run} />
      </header>
      {params.length > 0 && (
        <p className="run-params">
          {params.map(([name, value]) => (
            <code key={name}>
              <HostText text={`${name}=${value}`} maxChars={200} />
            </code>
          ))}
        </p>
      )}
      <p className="muted">{words.meaning}</p>
      {typeof run.target?.reason === 'string' && result === null && <Reason reason={run.target.reason} />}
      {result !== null && <Reason reason={result.failure_reason} />}
      {soFar !== null && <Stream name="Output so far" text={soFar.stdout} maxChars={MAX_LIVE_CHARS} />}
      {soFar !== null && <Stream name="Error output so far" text={soFar.stderr} maxChars={MAX_LIVE_CHARS} />}
      {result !== null && <Stream name="Output" text={result.stdout} />}
      {result !== null && <Stream name="Error output" text={result.stderr} />}
      {result !== null && result.stdout === '' && result.stderr === '' && <p className="muted">It wrote nothing.</p>}
    </article>
  );
}

function Reason({ reason }: { readonly reason: string | null }) {
  if (reason === null || reason === '') return null;
  return (
    <p className="reason">
      <code>
        <HostText text={reason} maxChars={80} />
      </code>{' '}
      {reasonMeaning(reason)}
    </p>
  );
}

interface StreamProps {
  readonly name: string;
  readonly text: string;
  readonly maxChars?: number;
}

function Stream({ name, text, maxChars = MAX_OUTPUT_CHARS }: StreamProps) {
  if (text === '') return null;
  return (
    <section className="stream" aria-label={name} data-testid="run-stream">
      <h3>{name}</h3>
      <pre tabIndex={0}>
        <HostText text={text} maxChars={maxChars} lines tail />
      </pre>
    </section>
  );
}
