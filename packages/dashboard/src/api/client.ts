import { problemFrom, unreachable } from './problem.ts';
import type { AgentView, CommandView, EventView, Me, Metrics, Page, PluginView, RunRequest, RunView } from './types.ts';

const BASE = '/api/v1';
const CSRF_KEY = 'stormpulse.csrf';

/** The part of `Storage` the client needs, so that a test can hand it a map. */
export interface TokenStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export interface Client {
  setup(code: string, signal?: AbortSignal): Promise<void>;
  me(signal?: AbortSignal): Promise<Me>;
  agents(signal?: AbortSignal): Promise<Page<AgentView>>;
  commands(agent: string, signal?: AbortSignal): Promise<Page<CommandView>>;
  plugins(agent: string, signal?: AbortSignal): Promise<Page<PluginView>>;
  events(agent: string, limit: number, signal?: AbortSignal): Promise<Page<EventView>>;
  metrics(agent: string, names: readonly string[], points: number, signal?: AbortSignal): Promise<Metrics>;
  runs(agent: string, limit: number, signal?: AbortSignal): Promise<Page<RunView>>;
  run(id: string, signal?: AbortSignal): Promise<RunView>;
  /** Asks for a run. The same key with the same request never starts a second one. */
  startRun(request: RunRequest, idempotencyKey: string): Promise<RunView>;
  /** Ends what was asked of the agent under that request id; gives the order that does it, or the run itself. */
  cancelRun(agent: string, requestId: string, idempotencyKey: string): Promise<RunView>;
}

/**
 * The hub's API (hub page, section 6). Every failure is an `ApiError`; status 0 means no answer came.
 * Calls that change something carry the session's CSRF token (SEC-336).
 */
export function createClient(fetcher: typeof fetch, store: TokenStore): Client {
  const get = <T>(path: string, signal?: AbortSignal) => call<T>(fetcher, path, { method: 'GET', signal: signal ?? null });

  const post = <T>(path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    call<T>(fetcher, path, {
      method: 'POST',
      signal: signal ?? null,
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', 'X-SP-CSRF': store.getItem(CSRF_KEY) ?? '', ...headers },
    });

  const keep = (answer: Me | null) => {
    if (typeof answer?.csrf === 'string') store.setItem(CSRF_KEY, answer.csrf);
  };

  return {
    async setup(code, signal) {
      keep(await post<Me>('/setup', { code }, {}, signal));
    },
    async me(signal) {
      const answer = await get<Me>('/me', signal);
      keep(answer);
      return answer;
    },
    agents: (signal) => get('/agents', signal),
    commands: (agent, signal) => get(`/agents/${encodeURIComponent(agent)}/commands`, signal),
    plugins: (agent, signal) => get(`/agents/${encodeURIComponent(agent)}/plugins`, signal),
    events: (agent, limit, signal) => get(`/agents/${encodeURIComponent(agent)}/events?limit=${limit}`, signal),
    metrics: (agent, names, points, signal) =>
      get(
        `/metrics?agent=${encodeURIComponent(agent)}&names=${names.map(encodeURIComponent).join(',')}&points=${points}`,
        signal,
      ),
    runs: (agent, limit, signal) => get(`/runs?agent=${encodeURIComponent(agent)}&limit=${limit}`, signal),
    run: (id, signal) => get(`/runs/${encodeURIComponent(id)}`, signal),
    startRun: (request, idempotencyKey) => post('/runs', request, { 'Idempotency-Key': idempotencyKey }),
    cancelRun: (agent, requestId, idempotencyKey) =>
      post(
        `/agents/${encodeURIComponent(agent)}/commands/${encodeURIComponent(requestId)}/cancel`,
        {},
        { 'Idempotency-Key': idempotencyKey },
      ),
  };
}

interface Call extends RequestInit {
  readonly headers?: Record<string, string>;
}

async function call<T>(fetcher: typeof fetch, path: string, init: Call): Promise<T> {
  const response = await reach(fetcher, path, init);
  const body = await readJson(response);
  if (!response.ok) throw problemFrom(response.status, body);
  return body as T;
}

async function reach(fetcher: typeof fetch, path: string, init: Call): Promise<Response> {
  try {
    return await fetcher(`${BASE}${path}`, {
      ...init,
      headers: { Accept: 'application/json, application/problem+json', ...init.headers },
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw unreachable(error);
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!response.ok) return null;
    throw problemFrom(502, { title: 'The hub answered something that is no JSON', detail: String(error) });
  }
}
