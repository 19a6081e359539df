import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, Stage } from '../../test-support/hub-fixture.ts';
import { Person } from '../../test-support/person.ts';
import type { Hub } from '../index.ts';

const TOKEN_BODY = { agent_id: 'web-9' };
const KEY = { 'idempotency-key': 'k' };

describe("people's API, guard", () => {
  let stage: Stage;
  let hub: Hub;
  let nowMs: number;
  beforeEach(async () => {
    stage = new Stage();
    nowMs = Date.now();
    hub = await stage.startHub({ clock: { now: () => nowMs } });
  });
  afterEach(async () => {
    await stage.close();
  });

  it('answers only our host names', async () => {
    const person = await Person.signedIn(hub);
    const { port } = new URL(hub.peopleUrl);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect((await person.call('GET', '/api/v1/me', undefined, { host })).status, host).toBe(200);
    }
    for (const host of ['localhost', `evil.example:${port}`, '127.0.0.1:1', `localhost.evil.example:${port}`]) {
      const answer = await person.call('GET', '/', undefined, { host });
      expect([answer.status, answer.json()['code']], host).toEqual([421, 'E_HOST']);
    }
  });

  it('gives nothing but health and pages without a login', async () => {
    const stranger = new Person(hub);
    expect((await stranger.call('GET', '/api/v1/health')).json()).toEqual({ ok: true });
    const closed = [
      ['GET', '/me'],
      ['POST', '/logout'],
      ['GET', '/agents'],
      ['GET', '/agents/web-1'],
      ['GET', '/agents/web-1/commands'],
      ['GET', '/agents/web-1/plugins'],
      ['GET', '/agents/web-1/events'],
      ['GET', '/metrics?agent=web-1&names=cpu_percent'],
      ['POST', '/runs'],
      ['GET', '/runs'],
      ['GET', '/runs/run_00000000000000000000000000'],
      ['POST', '/enrol-tokens'],
      ['GET', '/stream/fleet'],
      ['GET', '/openapi.json'],
      ['GET', '/nothing'],
      ['DELETE', '/agents'],
    ];
    for (const [method = '', path = ''] of closed) {
      const answer = await stranger.call(method, `/api/v1${path}`, method === 'POST' ? {} : undefined);
      expect([answer.status, answer.json()['code']], `${method} ${path}`).toEqual([401, 'E_AUTH_LOGIN']);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    }
  });

  it('SEC-336 refuses state changes from other pages, without Origin, without token, and in other formats', async () => {
    const person = await Person.signedIn(hub);
    const refused = async (headers: Record<string, string>, body: unknown = TOKEN_BODY): Promise<[number, unknown]> => {
      const answer = await person.call('POST', '/api/v1/enrol-tokens', body, { ...KEY, ...headers });
      return [answer.status, answer.json()['code']];
    };
    expect(await refused({ origin: 'https://evil.example' })).toEqual([403, 'E_ORIGIN']);
    expect(await refused({ origin: 'null' })).toEqual([403, 'E_ORIGIN']);
    expect(await refused({ origin: '' })).toEqual([403, 'E_ORIGIN']);
    expect(await refused({ 'sec-fetch-site': 'cross-site' })).toEqual([403, 'E_ORIGIN']);
    expect(await refused({ 'sec-fetch-site': 'same-site' })).toEqual([403, 'E_ORIGIN']);
    expect(await refused({ 'x-sp-csrf': '' })).toEqual([403, 'E_CSRF']);
    expect(await refused({ 'x-sp-csrf': 'wrong' })).toEqual([403, 'E_CSRF']);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '']) {
      expect(await refused({ 'content-type': type }), type).toEqual([415, 'E_MEDIA_TYPE']);
    }
    expect((await person.call('POST', '/api/v1/enrol-tokens', TOKEN_BODY, KEY)).status).toBe(200);
    const read = await person.call('GET', '/api/v1/agents', undefined, {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'cors',
    });
    expect(read.status).toBe(403);
  });

  it('refuses a token of another login', async () => {
    const first = await Person.signedIn(hub);
    const csrf = String((await first.call('GET', '/api/v1/me')).json()['csrf']);
    const second = await Person.signedIn(hub);
    expect((await second.call('POST', '/api/v1/enrol-tokens', TOKEN_BODY, { ...KEY, 'x-sp-csrf': csrf })).status).toBe(403);
  });

  it('SEC-345 takes a set-up code once, within 15 minutes, and only the newest', async () => {
    const code = async (): Promise<string> => new URL(await hub.setupLink()).hash.slice(1);
    const use = async (value: string): Promise<number> =>
      (await new Person(hub).call('POST', '/api/v1/setup', { code: value })).status;
    const once = await code();
    expect(await use(once)).toBe(200);
    expect(await use(once)).toBe(401);
    const former = await code();
    const newest = await code();
    expect(await use(former)).toBe(401);
    nowMs += 15 * 60_000;
    expect(await use(newest)).toBe(401);
    expect(await use('x')).toBe(401);
  });

  it('SEC-335 limits tries of the set-up code', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 22; n += 1) statuses.push((await new Person(hub).call('POST', '/api/v1/setup', { code: `${n}` })).status);
    expect(statuses.slice(0, 20).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(20)).toEqual([429, 429]);
    expect((await new Person(hub).call('POST', '/api/v1/setup', { code: 'x' })).json()['code']).toBe('E_RATE');
  });

  it('SEC-334 signs out after 30 idle minutes, after 12 hours, and on request; the cookie is strict', async () => {
    const person = await Person.signedIn(hub);
    const again = await person.call('POST', '/api/v1/setup', { code: new URL(await hub.setupLink()).hash.slice(1) });
    expect(again.headers['set-cookie']?.[0]).toMatch(
      /^__Host-sp_login=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    const me = async (): Promise<number> => (await person.call('GET', '/api/v1/me')).status;
    for (let n = 0; n < 24; n += 1) {
      expect(await me()).toBe(200);
      nowMs += 29 * 60_000;
    }
    nowMs += 30 * 60_000;
    expect(await me()).toBe(401);

    const idle = await Person.signedIn(hub);
    nowMs += 30 * 60_000 + 1;
    expect((await idle.call('GET', '/api/v1/me')).status).toBe(401);

    const leaving = await Person.signedIn(hub);
    const { cookie } = leaving;
    expect((await leaving.call('POST', '/api/v1/logout')).status).toBe(204);
    expect((await leaving.call('GET', '/api/v1/me', undefined, { cookie })).status).toBe(401);
  });

  it('SEC-334 stores neither codes nor cookies', async () => {
    const stateDir = stage.newStateDir();
    const other = await stage.startHub({ stateDir });
    const person = await Person.signedIn(other);
    const identity = await enrol(other, 'web-1');
    const { token } = await other.createToken('web-2');
    await other.close();
    const { readFileSync, readdirSync } = await import('node:fs');
    const bytes = Buffer.concat(readdirSync(stateDir).map((name) => readFileSync(`${stateDir}/${name}`)));
    const secrets = [person.cookie.split('=')[1] ?? '', token.split('.')[1] ?? '', identity.pulseToken];
    for (const secret of secrets) expect(bytes.includes(secret)).toBe(false);
    expect(bytes.includes(identity.hmacKey)).toBe(false);
  });

  it('SEC-338 sends its headers with every answer, errors too', async () => {
    const person = await Person.signedIn(hub);
    const calls = [
      ['GET', '/'],
      ['GET', '/api/v1/me'],
      ['GET', '/api/v1/nothing'],
      ['PUT', '/api/v1/agents'],
      ['POST', '/api/v1/runs'],
    ];
    for (const [method = '', path = ''] of calls) {
      const { headers } = await person.call(method, path);
      expect(headers['content-security-policy'], path).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
      );
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      });
    }
    expect((await person.call('GET', '/api/v1/me')).headers['cache-control']).toBe('no-store');
  });

  it('SEC-343 answers 404, 405, 413 and unreadable JSON as problems', async () => {
    const person = await Person.signedIn(hub);
    const codeOf = async (method: string, path: string, body?: unknown): Promise<[number, unknown]> => {
      const answer = await person.call(method, path, body, KEY);
      return [answer.status, answer.json()['code']];
    };
    expect(await codeOf('GET', '/api/v1/nothing')).toEqual([404, 'E_NOT_FOUND']);
    expect(await codeOf('PUT', '/api/v1/agents', {})).toEqual([405, 'E_METHOD']);
    expect(await codeOf('POST', '/api/v1/runs', '{"a":')).toEqual([400, 'E_BODY']);
    expect(await codeOf('POST', '/api/v1/runs', `"${'x'.repeat(1024 * 1024)}"`)).toEqual([413, 'E_TOO_LARGE']);
    expect(await codeOf('GET', '/api/v1/agents/no%20space')).toEqual([422, 'E_PARAM']);
  });
});
