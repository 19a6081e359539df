import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient } from './api/client.ts';
import { ApiError } from './api/problem.ts';
import { keys } from './api/queries.ts';
import { App } from './pages/app.tsx';
import { createClock } from './parts/clock.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/fleet.css';
import './styles/commands.css';
import './styles/records.css';

const cache: QueryClient = new QueryClient({
  defaultOptions: {
    // A hub on this machine answers without any network, so the browser's idea of being online decides nothing.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
  queryCache: new QueryCache({
    onError(error, query) {
      // A session that ended shows at any call; asking who we are decides which page is shown.
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== keys.me[0]) {
        void cache.invalidateQueries({ queryKey: keys.me });
      }
    },
  }),
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root element to draw into.');

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <App client={createClient(fetch.bind(globalThis), sessionStorage)} clock={createClock(1_000)} />
    </QueryClientProvider>
  </StrictMode>,
);
