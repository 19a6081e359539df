/** The hub's JSON API, signed in the way a browser is: by the one-time link. */
export interface PeopleApi {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
}

export interface AgentFigures {
  readonly cpu_percent: number;
  readonly memory_percent: number;
  readonly memory_used_mb: number;
  readonly memory_total_mb: number;
  readonly disk_percent: number;
  readonly disk_used_gb: number;
  readonly disk_total_gb: number;
  readonly load_avg_1m: number;
  readonly load_avg_5m: number;
  readonly uptime_seconds: number;
}

export interface AgentView {
  readonly id: string;
  readonly liveness: { readonly link: { readonly state: 'up' | 'down' } };
  readonly figures: AgentFigures | null;
}

export interface RunResult {
  readonly success: boolean;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly failure_reason: string | null;
}

export interface RunView {
  readonly id: string;
  readonly state: string;
  readonly ended_at: number | string | null;
  readonly target: { readonly state: string; readonly result: RunResult | null };
}

export interface AgentEvent {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Uses up the link `http://localhost:PORT/setup#CODE`. Rejects with the API's own words. */
export async function signIn(link: string): Promise<PeopleApi> {
  const url = new URL(link);
  const base = `${url.origin}/api/v1`;
  const headers: Record<string, string> = { 'content-type': 'application/json', origin: url.origin };
  const call = async (method: string, path: string, body?: object): Promise<Response> => {
    const response = await fetch(base + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const login = await call('POST', '/setup', { code: url.hash.slice(1) });
  headers['cookie'] = (login.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
  headers['x-sp-csrf'] = ((await login.json()) as { readonly csrf: string }).csrf;
  return {
    get: async <T>(path: string) => (await (await call('GET', path)).json()) as T,
    post: async <T>(path: string, body: object) => {
      headers['idempotency-key'] = crypto.randomUUID();
      return (await (await call('POST', path, body)).json()) as T;
    },
  };
}
