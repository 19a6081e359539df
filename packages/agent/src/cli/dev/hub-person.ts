import { randomUUID } from 'node:crypto';
import { Refused } from '../../errors.ts';
import type { DevHub } from './dev-hub.ts';

/** A command as the hub offers it, and how a person fills it in. */
export interface OfferedCommand {
  readonly name: string;
  readonly description: string;
  readonly requires_confirmation: boolean;
  readonly params: Readonly<Record<string, { readonly default: string | null; readonly description: string }>>;
  readonly form: {
    readonly title: string;
    readonly effect: string;
    readonly params: Readonly<Record<string, OfferedParam>>;
  } | null;
}

export interface OfferedParam {
  readonly type: string;
  readonly required: boolean;
  readonly title?: string;
  readonly description?: string;
  readonly default?: string;
  readonly help?: string;
  readonly choices?: readonly { readonly value: string }[];
}

export interface Ran {
  readonly state: string;
  readonly target: {
    readonly reason: string | null;
    readonly result: {
      readonly exit_code: number;
      readonly stdout: string;
      readonly stderr: string;
      readonly failure_reason: string | null;
    } | null;
  };
}

const ASK_AGAIN_MS = 100;
const OPEN = new Set(['queued', 'sent', 'running']);

/** Somebody signed in at the hub, as the page is. */
export class HubPerson {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(base: string, headers: Readonly<Record<string, string>>) {
    this.#base = base;
    this.#headers = headers;
  }

  static async signIn(hub: DevHub): Promise<HubPerson> {
    const base = `${hub.peopleUrl}/api/v1`;
    const headers = { origin: hub.peopleUrl, 'content-type': 'application/json' };
    const code = (await hub.setupLink()).split('#')[1];
    const answer = await fetch(`${base}/setup`, { method: 'POST', headers, body: JSON.stringify({ code }) });
    const { csrf } = (await answer.json()) as { readonly csrf: string };
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    return new HubPerson(base, { ...headers, cookie, 'x-sp-csrf': csrf });
  }

  async commands(agent: string): Promise<readonly OfferedCommand[]> {
    return (await this.#ask<{ items: OfferedCommand[] }>(`/agents/${agent}/commands`)).items;
  }

  /** Runs one and waits for its end. Rejects with `E_AGENT_REFUSED` when the hub refuses the order. */
  async run(agent: string, command: OfferedCommand, params: Readonly<Record<string, string>>): Promise<Ran> {
    const confirm = command.requires_confirmation ? { confirm: agent } : {};
    let run = await this.#ask<Ran & { readonly id: string }>('/runs', {
      method: 'POST',
      headers: { ...this.#headers, 'idempotency-key': randomUUID() },
      body: JSON.stringify({ agent, command: command.name, params, ...confirm }),
    });
    while (OPEN.has(run.state)) {
      await new Promise((resolve) => void setTimeout(resolve, ASK_AGAIN_MS));
      run = await this.#ask(`/runs/${run.id}`);
    }
    return run;
  }

  async #ask<T>(path: string, init: RequestInit = { headers: this.#headers }): Promise<T> {
    const answer = await fetch(this.#base + path, init);
    const body: unknown = await answer.json();
    if (answer.ok) return body as T;
    throw Refused({ what: (body as { readonly detail?: string }).detail ?? `the hub answered ${answer.status}` });
  }
}
