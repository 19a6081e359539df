import { Component, type ReactNode } from 'react';
import { Failure } from './notice.tsx';

interface Props {
  readonly what: string;
  readonly children: ReactNode;
}

/** A fault in one panel leaves the rest of the page working (hub page, section 11.2). */
export class ErrorBoundary extends Component<Props, { readonly error: unknown }> {
  override readonly state: { readonly error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <Failure what={this.props.what} error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}
