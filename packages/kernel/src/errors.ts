import { defineError } from '@stormpulse/plugin-api';

export const DeadlineExceeded = defineError<{ label: string; ms: number }>(
  'E_BUG_DEADLINE',
  'deadline_exceeded',
  'bug',
  (d) => `"${d.label}" took longer than ${d.ms} ms`,
);
export const ScopeClosed = defineError<{ label: string }>(
  'E_BUG_SCOPE_CLOSED',
  'internal',
  'bug',
  (d) => `"${d.label}" was opened after its owner closed; it would leak`,
);
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
