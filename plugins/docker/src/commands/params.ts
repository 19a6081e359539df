import { Type } from '@stormpulse/sdk';

/** A container by name or id. The engine's own rule for names: no option, no path and no query can be one. */
export const ContainerParam = Type.String({
  pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$',
  maxLength: 128,
  description: 'Name or id of the container.',
  examples: ['web'],
});

export const TailParam = Type.Integer({
  minimum: 1,
  maximum: 5_000,
  default: 100,
  description: 'How many of the last lines of each stream.',
});

export const containerPath = (container: string): `/${string}` => `/containers/${encodeURIComponent(container)}`;
