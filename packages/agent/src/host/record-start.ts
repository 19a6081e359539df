import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { HostAuditLog } from '@stormpulse/services';
import type { LoadedConfig } from '../config/load.ts';
import { VERSION } from '../version.ts';

/** What this run is, for the host's own record: written before the first command can be, or with it (SEC-240). */
export function recordStart(audit: HostAuditLog, { config, host }: LoadedConfig, allowances: readonly string[]): void {
  const { path, digest } = host;
  audit.note({ kind: 'agent.started', version: VERSION, pid: process.pid, config: path, config_sha256: digest, allowances });
  const { fingerprint256, validTo } = new X509Certificate(readFileSync(config.certificatePath));
  const certificate = fingerprint256.replaceAll(':', '').toLowerCase();
  audit.note({ kind: 'credentials.loaded', certificate_sha256: certificate, valid_to: new Date(validTo).toISOString() });
}
