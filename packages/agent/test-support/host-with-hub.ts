import { openNonceStore } from '@stormpulse/services';
import { createAuthority } from './authority.ts';
import type { Authority, LeafSpec } from './authority.ts';
import { startEnrollingHub } from './enrolling-hub.ts';
import type { Answer, EnrollingHub } from './enrolling-hub.ts';
import { HostFolder } from './host-folder.ts';
import { processMark } from '../src/host/process-mark.ts';
import { VERSION } from '../src/version.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const NOT_FOUND: Answer = (_request, response) => void response.writeHead(404).end();

/** A host whose hub answers on loopback, and whose agent runs as far as its state folder tells. */
export class HostWithHub {
  readonly folder = new HostFolder();
  readonly authority: Authority;
  readonly hub: EnrollingHub;

  private constructor(authority: Authority, hub: EnrollingHub) {
    this.authority = authority;
    this.hub = hub;
  }

  static async create(answer: Answer = NOT_FOUND, server?: LeafSpec): Promise<HostWithHub> {
    const authority = await createAuthority();
    const host = new HostWithHub(authority, await startEnrollingHub(authority, answer, server));
    const { cert, key } = await authority.issue({ commonName: 'web-1' });
    host.folder.writeIdentity({
      caPem: authority.pem,
      certificatePem: cert,
      keyPem: key,
      hmacKey: Buffer.from('0123456789abcdef0123456789abcdef'),
    });
    host.writeConfig(['ca_cert', 'require_server_eku = false\nca_cert']);
    host.ageStore(Date.now() - 3_600_000);
    host.writeRunning();
    return host;
  }

  get config(): string {
    return this.folder.config;
  }

  writeConfig(...edits: readonly (readonly [what: string, by: string])[]): void {
    const url = this.hub.endpoint.replace('https', 'wss').replace('/api/enroll/', '/ws/pulse/');
    this.folder.writeConfig(['wss://127.0.0.1:1/ws/pulse/', url], ...edits);
  }

  /** A nonce store begun when the clock said `now`. */
  ageStore(now: number): void {
    openNonceStore({
      path: this.folder.path('stormpulse.db'),
      clock: { now: () => now },
      maxAgeSeconds: 60,
      logger: SILENT,
    }).close();
  }

  /** A status file as a running agent writes it; this process plays the agent. */
  writeRunning(change: object = {}): void {
    const status = {
      pid: process.pid,
      mark: processMark(process.pid),
      version: VERSION,
      writtenAt: Date.now(),
      startedAt: Date.now(),
      allowances: [],
      connection: { state: 'live', since: Date.now(), attempt: 1 },
      features: [],
      plugins: [],
      commands: [],
      leftOut: [],
      refusals: {},
      ignored: {},
      outbox: { waiting: 0, lost: 0 },
      ...change,
    };
    this.folder.write('status.json', JSON.stringify(status));
  }

  async close(): Promise<void> {
    await this.hub.close();
    this.folder.close();
  }
}
