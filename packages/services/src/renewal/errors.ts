import { defineError } from '@stormpulse/plugin-api';

export const RenewalRefused = defineError<{ status: number; said: string }>(
  'E_RENEW_REFUSED',
  'permission_denied',
  'remote',
  (d) =>
    `the hub refused to renew this agent's certificate: HTTP ${d.status}${d.said === '' ? '' : `, ${d.said}`}; ` +
    (d.status === 401 || d.status === 403 ? 'enroll again if it does not know this agent any more' : "see the hub's log"),
);
export const RenewalUnproven = defineError<{ status: number }>(
  'E_RENEW_UNPROVEN',
  'failed_precondition',
  'remote',
  (d) => `the hub issued a certificate and then did not accept it (HTTP ${d.status}); the old one stays in use`,
);
export const RenewalAnswer = defineError<{ problem: string }>(
  'E_RENEW_ANSWER',
  'failed_precondition',
  'remote',
  (d) => `the hub's new certificate was not used: ${d.problem}; the old one stays in use`,
);
