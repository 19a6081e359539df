import { fractionOf } from '../text/numbers.ts';

/** A thin bar beside a figure that says the same in words, so it is hidden from assistive technology. */
export function Bar({ percent }: { readonly percent: number | null | undefined }) {
  const fraction = fractionOf(percent);
  const level = fraction >= 0.9 ? 'bad' : fraction >= 0.75 ? 'warn' : 'ok';
  return (
    <svg className={`bar ${level}`} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect className="bar-track" width="100" height="4" rx="2" />
      <rect className="bar-fill" width={fraction * 100} height="4" rx="2" />
    </svg>
  );
}
