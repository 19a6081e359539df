import { Type } from '@stormpulse/sdk';
import type { Infer } from '@stormpulse/sdk';

/** The keys an operator may write in `[plugins.{{name}}.config]`. */
export const configSchema = Type.Object({
  greeting: Type.String({
    default: 'Hello',
    maxLength: 40,
    pattern: '^[A-Za-z ]+$',
    description: 'The word before the name.',
  }),
});

export type Config = Infer<typeof configSchema>;
