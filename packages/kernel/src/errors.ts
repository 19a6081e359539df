import { defineError } from '@stormpulse/plugin-api';

export const Invariant = defineError<{ what: string }>(
  'E_BUG_INVARIANT',
  'internal',
  'bug',
  (d) => `${d.what}; please report this as a bug`,
);

export const ConnClosed = defineError<{ code: number; reason: string }>(
  'E_CONN_CLOSED',
  'unavailable',
  'remote',
  (d) => `the connection ended with code ${d.code}${d.reason === '' ? '' : ` (${d.reason})`}`,
);
