import type { HostAuditLog } from '@stormpulse/services';
import type { LoadedConfig } from '../config/load.ts';
import { VERSION } from '../version.ts';
import { credentialsEntry } from './credentials-entry.ts';

/** What the host's own record tells of a run besides its file. */
export interface RunStart {
  readonly allowances: readonly string[];
  /** PEM: the one in use, which may have been renewed since the host's file was written. */
  readonly certificate: string;
}

/** What this run is, for the host's own record: written before the first command can be, or with it (SEC-240). */
export function recordStart(audit: HostAuditLog, { host }: LoadedConfig, { allowances, certificate }: RunStart): void {
  const { path, digest } = host;
  audit.note({ kind: 'agent.started', version: VERSION, pid: process.pid, config: path, config_sha256: digest, allowances });
  audit.note(credentialsEntry('credentials.loaded', certificate));
}
