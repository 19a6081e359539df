import { clockText, unixMs } from '../text/time.ts';
import { useNow } from './use-now.ts';

/** The time of day something happened, in the viewer's zone; UTC on hover. */
export function Moment({ at }: { readonly at: number | string | null | undefined }) {
  const now = useNow();
  const ms = unixMs(at);
  if (ms === null) return <span className="age">unknown time</span>;
  const iso = new Date(ms).toISOString();
  return (
    <time className="age" dateTime={iso} title={iso}>
      {clockText(ms, now)}
    </time>
  );
}
