import type { Command } from '@stormpulse/sdk';

/** What a test looks at of a command; its brand is part of the plugin contract, so any copy of it can be read. */
export interface Definition {
  readonly wireName: string;
  readonly group: string;
  readonly description: string;
  readonly effect: string;
  readonly confirm: string;
  readonly sensitiveOutput: boolean;
  readonly timeout: number;
  readonly serializeBy?: (params: object) => string;
  readonly concurrency?: number;
  readonly allow: readonly string[];
  readonly params: {
    readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly required?: readonly string[];
  };
  readonly mode: {
    readonly kind: 'subprocess';
    readonly file: string;
    readonly argv: readonly unknown[];
    readonly stdin?: string;
    readonly limits?: object;
  };
}

const DEFINITION: unique symbol = Symbol.for('@stormpulse/command') as never;

export function definition(command: Command | undefined): Definition {
  return (command as unknown as { readonly [DEFINITION]: Definition })[DEFINITION];
}
