import { useId, type ReactNode } from 'react';
import { ErrorBoundary } from './error-boundary.tsx';

interface Props {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

/** One titled part of the page, a landmark of its own, with its own error boundary. */
export function Panel({ title, aside, children, className = '' }: Props) {
  const id = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className="panel-aside">{aside}</div>}
      </header>
      <ErrorBoundary what={title.toLowerCase()}>{children}</ErrorBoundary>
    </section>
  );
}
