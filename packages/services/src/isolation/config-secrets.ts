import { Secret, Type } from '@stormpulse/plugin-api';
import type { SecretSource, TObject, TSchema } from '@stormpulse/plugin-api';
import { sealedIn } from '@stormpulse/plugin-api/internal';

/** A config as the stand-in of a plugin gets it: as it was written, and a secret for everything in it that names one. */
export interface RawConfig {
  readonly raw: unknown;
  readonly secrets: readonly Secret[];
}

/**
 * The schema of a stand-in: its plugin's own side has read the config already. What looks like `{ file = "…" }` or `{ env = "…" }`
 * becomes a secret, which the kernel lets be revealed; nothing else can be, whatever the plugin asks for.
 * `x-stands-for` is the plugin's own schema, to be shown.
 */
export function rawConfigSchema(declared?: TSchema): TObject {
  return Type.Transform(Type.Object({}, { additionalProperties: true, 'x-stands-for': declared }))
    .Decode((raw): RawConfig => ({ raw, secrets: sourcesIn(raw).map(secretOf) }))
    .Encode(({ raw }) => raw as object) as unknown as TObject;
}

/** The secret that the operator named so; undefined when the config names none like it. */
export function secretNamed(secrets: readonly Secret[], wanted: unknown): Secret | undefined {
  const source = asSource(wanted);
  return source === undefined ? undefined : secrets.find((secret) => isSame(sealedIn(secret)?.source, source));
}

function sourcesIn(value: unknown): SecretSource[] {
  if (typeof value !== 'object' || value === null) return [];
  const source = asSource(value);
  return source === undefined ? Object.values(value).flatMap(sourcesIn) : [source];
}

function asSource(value: unknown): SecretSource | undefined {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return undefined;
  const { file, env } = value as Readonly<Record<string, unknown>>;
  if (typeof file === 'string') return { file };
  return typeof env === 'string' ? { env } : undefined;
}

function isSame(one: SecretSource | undefined, other: SecretSource): boolean {
  if (one === undefined) return false;
  return 'file' in one ? 'file' in other && one.file === other.file : 'env' in other && one.env === other.env;
}

function secretOf(source: SecretSource): Secret {
  return new Secret({ source, reveal: () => Promise.reject(new Error('the agent has not taken the config yet')) });
}
