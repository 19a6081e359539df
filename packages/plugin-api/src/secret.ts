import { Type } from '@sinclair/typebox';
import type { StringOptions, TObject, TString, TTransform, TUnion } from '@sinclair/typebox';
import { defineError } from './errors.ts';

/** Where the operator keeps a secret. */
export type SecretSource = { readonly file: string } | { readonly env: string };

export const SecretUnbound = defineError<object>(
  'E_SECRET_UNBOUND',
  'failed_precondition',
  'plugin',
  () => 'a secret of the config can be revealed once the agent has taken the config; in setup it is only a name',
);

const REVEAL = Symbol.for('@stormpulse/secret');

interface Sealed {
  readonly source: SecretSource | undefined;
  reveal: () => Promise<string>;
}

/** An opaque credential: prints, logs, inspects and serialises as "[secret]". */
export class Secret {
  readonly #sealed: Sealed;

  constructor(sealed: Sealed) {
    this.#sealed = sealed;
    // Another copy of this package must find it, and nothing that lists properties.
    Object.defineProperty(this, REVEAL, { value: sealed });
  }

  /** Read anew each time, so that rotation is free. Rejects with `E_SECRET_*`. */
  reveal(): Promise<string> {
    return this.#sealed.reveal();
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}

/** What a secret of any copy of this package holds; undefined for anything else. */
export function sealedIn(value: unknown): Sealed | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as { readonly [REVEAL]?: Sealed })[REVEAL];
}

const unbound = (): Promise<string> => Promise.reject(SecretUnbound({}));
const STRICT = { additionalProperties: false };

/** Named by the operator: `{ file = "/run/creds/x" }` or `{ env = "X" }`. */
export function SecretRef(): TTransform<TUnion<[TObject<{ file: TString }>, TObject<{ env: TString }>]>, Secret> {
  const source = Type.Union([
    Type.Object({ file: Type.String({ pattern: '^/[^\\0]{1,4095}$' }) }, STRICT),
    Type.Object({ env: Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' }) }, STRICT),
  ]);
  return Type.Transform(source)
    .Decode((named): Secret => new Secret({ source: named, reveal: unbound }))
    .Encode((secret) => {
      const named = sealedIn(secret)?.source;
      if (named === undefined) throw SecretUnbound({});
      return named as { file: string };
    });
}

/** Sent with a command, at most 4,096 characters unless told. Redacted from every record of the call (SEC-116). */
export function SecretParam(options: StringOptions = {}): TTransform<TString, Secret> {
  return Type.Transform(Type.String({ maxLength: 4_096, ...options, 'x-secret': true }))
    .Decode((text): Secret => new Secret({ source: undefined, reveal: () => Promise.resolve(text) }))
    .Encode(() => '[secret]');
}
