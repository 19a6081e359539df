import { ageText, unixMs } from '../text/time.ts';
import { useNow } from './use-now.ts';

interface Props {
  readonly at: number | string | null | undefined;
  /** Words in front of the age, such as "heard". */
  readonly before?: string;
  /** From this age on the text is marked as old. */
  readonly oldAfterMs?: number;
}

/** How long ago something was, renewed each second; the exact time on hover. */
export function Age({ at, before = '', oldAfterMs }: Props) {
  const now = useNow();
  const ms = unixMs(at);
  if (ms === null) return <span className="age">{`${before} at an unknown time`.trimStart()}</span>;
  const age = Math.max(0, now - ms);
  const old = oldAfterMs !== undefined && age > oldAfterMs;
  const iso = new Date(ms).toISOString();
  return (
    <time className={old ? 'age old' : 'age'} dateTime={iso} title={iso}>
      {`${before} ${age < 1000 ? 'just now' : `${ageText(age)} ago`}`.trimStart()}
    </time>
  );
}
