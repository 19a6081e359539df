import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { createClient } from '../api/client.ts';
import { keys } from '../api/queries.ts';
import type { RunTarget, RunView } from '../api/types.ts';
import { createClock } from './clock.ts';
import { HubContext } from './hub-context.tsx';
import { RunOutput } from './run-output.tsx';

/** The page's part for a run whose target stands like this. */
function markupOf(target: Partial<RunTarget>): string {
  const cache = new QueryClient();
  const run: RunView = {
    id: 'r',
    agent: 'a',
    command: 'uptime',
    params: {},
    state: 'running',
    created_at: 1,
    ended_at: null,
    target: { state: 'running', request_id: 'q', sent_at: 1, result: null, ...target },
  };
  cache.setQueryData(keys.run('r'), run);
  const client = createClient(fetch, { getItem: () => null, setItem: () => undefined });
  const hub = { client, clock: createClock(60_000), stream: 'live' as const };
  const part = createElement(HubContext.Provider, { value: hub }, createElement(RunOutput, { id: 'r' }));
  return renderToStaticMarkup(createElement(QueryClientProvider, { client: cache }, part));
}

describe('a running command', () => {
  it('SEC-322: shows what it wrote so far, as text', () => {
    const markup = markupOf({ output: { stdout: 'step 1\n<img src=x onerror=alert(1)>', stderr: '\u001b[31moops' } });
    expect(markup).toContain('Output so far');
    expect(markup).toContain('step 1\n&lt;img src=x onerror=alert(1)&gt;');
    expect(markup).toContain('<span class="escape">\\x1b</span>[31moops');
    expect(markup).not.toMatch(/<img|<script/u);
  });

  it('shows the result alone once it is there', () => {
    const result = { success: true, exit_code: 0, stdout: 'all of it', stderr: '', duration_ms: 1, failure_reason: null };
    const markup = markupOf({ result, output: { stdout: 'so far', stderr: '' } });
    expect(markup).toContain('all of it');
    expect(markup).not.toContain('so far');
  });
});
