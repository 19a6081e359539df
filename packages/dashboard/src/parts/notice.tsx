import type { ReactNode } from 'react';
import { ApiError } from '../api/problem.ts';
import { HostText } from './host-text.tsx';

interface NoticeProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly tone?: 'plain' | 'bad' | 'warn';
}

/** A few words where a list or figure would stand: what is so, and the next step. */
export function Notice({ title, children, tone = 'plain' }: NoticeProps) {
  return (
    <div className={`notice ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <p className="notice-title">{title}</p>
      {children}
    </div>
  );
}

/** Loading, drawn only after a moment, and with words after five seconds (hub page, section 11.2). */
export function Loading({ what, lines = 3 }: { readonly what: string; readonly lines?: number }) {
  return (
    <div className="loading" role="status">
      <span className="sr-only">{`Loading ${what}`}</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} className="skeleton" aria-hidden="true" />
      ))}
      <span className="still-waiting">{`Still waiting for ${what}. The hub answers slowly.`}</span>
    </div>
  );
}

interface FailureProps {
  readonly what: string;
  readonly error: unknown;
  readonly onRetry: () => void;
}

/** What could not be had, the hub's own words, its code, and a way to try again. */
export function Failure({ what, error, onRetry }: FailureProps) {
  const problem = error instanceof ApiError ? error : null;
  return (
    <Notice title={`Could not load ${what}`} tone="bad">
      <p>
        <HostText text={problem === null ? String(error) : `${problem.title}. ${problem.detail}`} maxChars={400} />{' '}
        {problem !== null && <code>{problem.code}</code>}
      </p>
      <button type="button" className="quiet" onClick={onRetry}>
        Try again
      </button>
    </Notice>
  );
}
