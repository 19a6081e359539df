import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { ApiError } from './problem.ts';

interface Seen {
  readonly path: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A hub of one answer: what the page sent is kept, what it gets is given. */
function fakeHub(answer: () => Response) {
  const seen: Seen[] = [];
  const store = new Map<string, string>();
  const fetcher: typeof fetch = async (input, init) => {
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined;
    seen.push({
      path: typeof input === 'string' ? input : 'not a string',
      method: init?.method ?? 'GET',
      headers: new Headers(init?.headers),
      body,
    });
    return answer();
  };
  const client = createClient(fetcher, {
    getItem: (key) => store.get(key) ?? null,
    setItem: (key, value) => void store.set(key, value),
  });
  return { client, seen };
}

const caught = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error as ApiError,
  );

describe('the client', () => {
  it('carries the token of the set-up exchange on what changes something, and the key on runs', async () => {
    const { client, seen } = fakeHub(() => Response.json({ csrf: 'token-1' }));
    await client.setup('CODE');
    await client.startRun({ agent: 'a', command: 'uptime', params: {} }, 'key-1');
    expect(seen[0]).toMatchObject({ path: '/api/v1/setup', method: 'POST', body: { code: 'CODE' } });
    expect(seen[1]?.path).toBe('/api/v1/runs');
    expect(seen[1]?.headers.get('x-sp-csrf')).toBe('token-1');
    expect(seen[1]?.headers.get('idempotency-key')).toBe('key-1');
    expect(seen[1]?.headers.get('content-type')).toBe('application/json');
  });

  it('cancels under the request id, with the token and a key', async () => {
    const { client, seen } = fakeHub(() => Response.json({ csrf: 'token-1' }));
    await client.setup('CODE');
    await client.cancelRun('a/b', 'req-1', 'key-1');
    expect(seen[1]).toMatchObject({ path: '/api/v1/agents/a%2Fb/commands/req-1/cancel', method: 'POST' });
    expect(seen[1]?.headers.get('x-sp-csrf')).toBe('token-1');
    expect(seen[1]?.headers.get('idempotency-key')).toBe('key-1');
  });

  it('renews the token from /me, so that another tab of the session can act too', async () => {
    const { client, seen } = fakeHub(() => Response.json({ csrf: 'token-2' }));
    await client.me();
    await client.startRun({ agent: 'a', command: 'uptime', params: {} }, 'k');
    expect(seen[1]?.headers.get('x-sp-csrf')).toBe('token-2');
  });

  it('keeps a hostile agent name inside its place of the address', async () => {
    const { client, seen } = fakeHub(() => Response.json({ items: [], next: null }));
    await client.commands('../../me?x=#');
    expect(seen[0]?.path).toBe('/api/v1/agents/..%2F..%2Fme%3Fx%3D%23/commands');
  });

  it("hands on the hub's own words, code and field errors", async () => {
    const problem = {
      code: 'E_PARAMS',
      title: 'T',
      detail: 'D',
      status: 422,
      errors: [{ pointer: '/params/ref', expected: 'one reading' }],
    };
    const { client } = fakeHub(() => new Response(JSON.stringify(problem), { status: 422 }));
    const error = await caught(client.agents());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'E_PARAMS', title: 'T', detail: 'D', status: 422 });
    expect(error?.fields['ref']).toBe('Expected: one reading');
  });

  it('makes a sentence of an answer that is no problem document', async () => {
    const { client } = fakeHub(() => new Response('<html>', { status: 502 }));
    expect(await caught(client.agents())).toMatchObject({ status: 502, code: 'HTTP_502' });
    const { client: odd } = fakeHub(() => new Response('<html>', { status: 200 }));
    expect(await caught(odd.agents())).toBeInstanceOf(ApiError);
  });

  it('tells a hub that does not answer from one that refuses', async () => {
    const { client } = fakeHub(() => {
      throw new TypeError('Failed to fetch');
    });
    expect(await caught(client.agents())).toMatchObject({ status: 0, code: 'E_UNREACHABLE' });
  });
});
