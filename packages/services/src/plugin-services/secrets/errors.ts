import { defineError } from '@stormpulse/plugin-api';

/** `source`: what the operator wrote, such as `file "/run/creds/x"`; the secret is in none of these. */
type Named = { readonly source: string };

export const SecretMissing = defineError<Named & { fix: string }>(
  'E_SECRET_MISSING',
  'failed_precondition',
  'operator',
  (d) => `the secret of ${d.source} is not there; ${d.fix}`,
);
export const SecretMode = defineError<Named & { problem: string; fix: string }>(
  'E_SECRET_MODE',
  'permission_denied',
  'operator',
  (d) => `the secret of ${d.source} is not taken: ${d.problem}; ${d.fix}`,
);
export const SecretInvalid = defineError<Named & { problem: string; fix: string }>(
  'E_SECRET_INVALID',
  'failed_precondition',
  'operator',
  (d) => `the secret of ${d.source} cannot be used: ${d.problem}; ${d.fix}`,
);
export const SecretUnreadable = defineError<Named & { problem: string; fix: string }>(
  'E_SECRET_UNREADABLE',
  'unavailable',
  'host',
  (d) => `the secret of ${d.source} cannot be read: ${d.problem}; ${d.fix}`,
);
