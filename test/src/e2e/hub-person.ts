import { randomUUID } from 'node:crypto';
import type { Hub, RunView } from '@stormpulse/hub';

/** A person at the hub's API, signed in with the one-time link. */
export class HubPerson {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(base: string, headers: Readonly<Record<string, string>>) {
    this.#base = base;
    this.#headers = headers;
  }

  static async signIn(hub: Pick<Hub, 'peopleUrl' | 'setupLink'>): Promise<HubPerson> {
    const link = await hub.setupLink();
    const base = `${hub.peopleUrl}/api/v1`;
    const headers = { origin: hub.peopleUrl, 'content-type': 'application/json' };
    const answer = await fetch(`${base}/setup`, { method: 'POST', headers, body: JSON.stringify({ code: link.split('#')[1] }) });
    const { csrf } = (await answer.json()) as { readonly csrf: string };
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    return new HubPerson(base, { ...headers, cookie, 'x-sp-csrf': csrf });
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(this.#base + path, { headers: this.#headers });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** `confirm`: what a person types, for a command that asks. */
  async order(agent: string, command: string, params: Readonly<Record<string, string>> = {}, confirm?: string): Promise<RunView> {
    const headers = { ...this.#headers, 'idempotency-key': randomUUID() };
    const answer = await fetch(`${this.#base}/runs`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ agent, command, params, confirm }),
    });
    if (!answer.ok) throw new Error(`the order answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as RunView;
  }

  async cancel({ agent, target }: RunView): Promise<RunView> {
    const headers = { ...this.#headers, 'idempotency-key': randomUUID() };
    const path = `/agents/${agent}/commands/${target.request_id}/cancel`;
    const answer = await fetch(this.#base + path, { method: 'POST', headers, body: '{}' });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as RunView;
  }

  async run(id: string): Promise<RunView> {
    return await this.get<RunView>(`/runs/${id}`);
  }
}
