import { defineError } from '../errors.ts';

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
