import { defineError } from '@stormpulse/plugin-api';

/** A refusal in full sentences for the person at the terminal. */
export const Refused = defineError<{ what: string }>('E_AGENT_REFUSED', 'failed_precondition', 'operator', (d) => d.what);
export const ConfigUnreadable = defineError<{ path: string; problem: string; fix: string }>(
  'E_CONFIG_UNREADABLE',
  'failed_precondition',
  'operator',
  (d) => `${d.path}: ${d.problem}; ${d.fix}`,
);
export const ConfigRefused = defineError<{ path: string; report: string }>(
  'E_CONFIG_REFUSED',
  'failed_precondition',
  'operator',
  (d) => d.report,
);
export const FileMode = defineError<{ path: string; problem: string; fix: string }>(
  'E_FILE_MODE',
  'permission_denied',
  'operator',
  (d) => `${d.path} ${d.problem}; ${d.fix}`,
);
export const Enrollment = defineError<{ what: string }>('E_ENROLL', 'failed_precondition', 'operator', (d) => d.what);
