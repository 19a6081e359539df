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
/** A section whose plugin this agent does not have; the agent runs without it. */
export const PluginAbsent = defineError<{ table: string; reason: string }>(
  'E_PLUGIN_ABSENT',
  'failed_precondition',
  'operator',
  (d) => `[${d.table}]: ${d.reason}`,
);
export const FileMode = defineError<{ path: string; problem: string; fix: string }>(
  'E_FILE_MODE',
  'permission_denied',
  'operator',
  (d) => `${d.path} ${d.problem}; ${d.fix}`,
);
export const Enrollment = defineError<{ what: string }>('E_ENROLL', 'failed_precondition', 'operator', (d) => d.what);
