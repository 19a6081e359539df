import type { FakeHttp } from '@stormpulse/sdk/testing';

export interface ScriptedContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string>> | null;
}

/** One as an engine lists it, with keys that nobody asked for. */
export function listed(name: string, more: Partial<ScriptedContainer> = {}): Readonly<Record<string, unknown>> {
  return {
    Id: `${name}${'0'.repeat(64)}`.slice(0, 64),
    Names: [`/${name}`],
    Image: 'app:1',
    ImageID: 'sha256:0',
    Command: 'run',
    Created: 1_700_000_000,
    State: 'running',
    Status: 'Up 5 minutes (healthy)',
    Ports: [],
    Labels: {},
    HostConfig: { NetworkMode: 'none' },
    ...more,
  };
}

/** Events that a test sends when it wants to; an end is the engine's going. */
class EventStream implements AsyncIterable<string> {
  #waiting: (() => void) | undefined;
  readonly #lines: string[] = [];
  #ended = false;

  push(event: object): void {
    this.#lines.push(`${JSON.stringify(event)}\n`);
    this.#waiting?.();
  }

  end(): void {
    this.#ended = true;
    this.#waiting?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#waiting = resolve;
        });
    }
  }
}

/** An Engine API of which a test says what it has, and what happens to it. It is asked at about {@link NOW}. */
export class ScriptedEngine {
  containers: readonly unknown[] = [];
  /** Called as the list is asked for, before it is answered. */
  whileListing: () => Promise<void> = () => Promise.resolve();
  lists = 0;
  #events = new EventStream();
  readonly #http: Pick<FakeHttp, 'on' | 'calls'>;
  readonly #api: string;

  constructor(http: Pick<FakeHttp, 'on' | 'calls'>, api = '1.41') {
    this.#http = http;
    this.#api = api;
    this.on('/containers/json?all=1', async () => {
      this.lists += 1;
      const { containers } = this;
      await this.whileListing();
      return containers;
    });
    this.on('/images/json', []);
    this.on('/volumes', { Volumes: null, Warnings: null });
    this.on('/networks', []);
    this.on('/_ping', 'OK');
    this.on('/system/df', { LayersSize: 7, Containers: null, Volumes: [{ UsageData: { Size: -1 } }], BuildCache: null });
    this.appear();
  }

  /** `path`: below the version. */
  on(path: string, reply: unknown, status = 200, method = 'GET'): void {
    this.#http.on(`${method} /v${this.#api}${path}` as `${string} /${string}`, reply, { status });
  }

  /** A wait of the test moves the clock of the machine. */
  #onEvents(reply: unknown): void {
    for (let second = 0; second < 60; second += 1) this.on(`/events?since=${NOW / 1_000 + second}&filters=${FILTERS}`, reply);
  }

  happens(Type: string, Action: string): void {
    this.#events.push({ Type, Action, Actor: { ID: 'x', Attributes: {} } });
  }

  /** What it tells instead of events. */
  eventsAre(reply: unknown): void {
    this.#onEvents(reply);
    this.#events.end();
  }

  /** It answers from now on. */
  appear(): void {
    this.#events = new EventStream();
    this.#http.on('GET /version', {
      Version: '20.10.24',
      ApiVersion: this.#api,
      MinAPIVersion: '1.12',
      Os: 'linux',
      Arch: 'amd64',
    });
    this.#onEvents(() => this.#events);
  }

  /** It is gone, and nothing answers. */
  vanish(): void {
    const refuse = (): never => {
      throw Object.assign(new Error('no socket'), { code: 'ENOENT' });
    };
    this.#http.on('GET /version', refuse);
    this.#onEvents(refuse);
    this.on('/containers/json?all=1', refuse);
    this.#events.end();
  }

  /** It is there again, after {@link vanish}. */
  comeBack(): void {
    this.on('/containers/json?all=1', () => {
      this.lists += 1;
      return this.containers;
    });
    this.appear();
  }
}

/** What the clock of the machine says while such an engine is asked for its events. */
export const NOW = 1_800_000_000_000;

const FILTERS = encodeURIComponent(
  JSON.stringify({
    type: ['container', 'image', 'volume', 'network'],
    event:
      'create start restart pause unpause stop die oom destroy rename update health_status pull load import tag untag delete prune remove'.split(
        ' ',
      ),
  }),
);
