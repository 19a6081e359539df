import { defineError } from '@stormpulse/sdk';

export const EngineTooOld = defineError<{ speaks: string; needs: string }>(
  'E_DOCKER_API_OLD',
  'unavailable',
  'host',
  (d) => `the engine speaks API ${d.speaks} at most, and this needs ${d.needs} or newer (Docker 17.05); upgrade the engine`,
);

export const EngineListTooLong = defineError<{ what: string; maxBytes: number }>(
  'E_DOCKER_LIST_TOO_LONG',
  'resource_exhausted',
  'host',
  (d) =>
    `the engine's list of ${d.what} has more than ${d.maxBytes} bytes, which is more than the agent reads; remove what is not used (docker_prune)`,
);

export const EngineStream = defineError<{ problem: string }>(
  'E_DOCKER_STREAM',
  'unavailable',
  'remote',
  (d) => `what the engine sent ${d.problem}; is this a Docker Engine?`,
);
