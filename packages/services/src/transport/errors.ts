import { defineError } from '@stormpulse/plugin-api';

export const ConnRefused = defineError<{ url: string; reason: string }>(
  'E_CONN_REFUSED',
  'unavailable',
  'remote',
  (d) => `cannot reach the hub at ${d.url}: ${d.reason}; check [dashboard] url, DNS and the firewall for outgoing connections`,
);
/** The proxy stands before the hub: to whoever waits it is the hub that cannot be reached. */
export const ConnProxy = defineError<{ proxy: string; reason: string; fix: string }>(
  'E_CONN_REFUSED',
  'unavailable',
  'operator',
  (d) => `the proxy at ${d.proxy} did not open a way to the hub: ${d.reason}; ${d.fix}`,
);
export const ConnTls = defineError<{ url: string; reason: string; fix: string }>(
  'E_CONN_TLS',
  'unavailable',
  'operator',
  (d) => `the hub at ${d.url} was refused: ${d.reason}; ${d.fix}`,
);
/** The code of a refused certificate, so that it is waited out as one (SEC-006). */
export const ConnOwnCertificate = defineError<{ url: string; when: string }>(
  'E_CONN_TLS',
  'unavailable',
  'operator',
  (d) => `the hub at ${d.url} does not take this agent's own certificate, which ${d.when} by this host's clock; enroll again`,
);
export const ConnCredentials = defineError<{ reason: string }>(
  'E_CONN_CREDENTIALS',
  'failed_precondition',
  'operator',
  (d) =>
    `this agent's own certificate or key cannot be used: ${d.reason}; check the files that [tls] names and their modes, or enroll again`,
);
export const ConnUpgrade = defineError<{ url: string; status: number }>(
  'E_CONN_UPGRADE',
  'permission_denied',
  'remote',
  (d) =>
    `the hub at ${d.url} answered the WebSocket upgrade with HTTP ${d.status}; ` +
    (d.status === 401 || d.status === 403
      ? 'it does not accept this agent: check the enrollment'
      : 'check the path of [dashboard] url (usually /ws/pulse/)'),
);
export const ConnTimeout = defineError<{ url: string; stage: string; ms: number }>(
  'E_CONN_TIMEOUT',
  'deadline_exceeded',
  'remote',
  (d) => `the hub at ${d.url} did not finish ${d.stage} within ${d.ms} ms`,
);
