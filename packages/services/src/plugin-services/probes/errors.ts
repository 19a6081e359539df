import { defineError } from '@stormpulse/plugin-api';

export const ProbeUnknown = defineError<{ probe: string; known: string }>(
  'E_PROBE_UNKNOWN',
  'not_found',
  'caller',
  (d) => `no plugin that runs has a probe "${d.probe}"; there is: ${d.known === '' ? 'none' : d.known}`,
);
export const ProbeTimeout = defineError<{ probe: string; ms: number }>(
  'E_PROBE_TIMEOUT',
  'deadline_exceeded',
  'plugin',
  (d) => `it was not answered within ${d.ms} ms`,
);
