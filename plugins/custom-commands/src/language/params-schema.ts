import { Type } from '@stormpulse/sdk';
import type { ParamPolicy, TObject } from '@stormpulse/sdk';

/** One parameter of a command, its rules already turned into a policy. */
export interface ParamSpec {
  readonly policy: ParamPolicy;
  /** Local configuration's value when the request has none. */
  readonly fallback?: string;
  readonly description?: string;
  readonly secret?: boolean;
}

/** The schema of a command's parameters. One that no word uses may be left out of a request, like in v1. */
export function paramsSchema(specs: ReadonlyMap<string, ParamSpec>, used: ReadonlySet<string>): TObject {
  const properties = [...specs].map(([name, spec]) => {
    const schema = Type.String({
      'x-param': spec.policy,
      ...(spec.fallback === undefined ? {} : { default: spec.fallback }),
      ...(spec.description === undefined || spec.description === '' ? {} : { description: spec.description }),
      ...(spec.secret === true ? { 'x-secret': true as const } : {}),
    });
    return [name, used.has(name) ? schema : Type.Optional(schema)] as const;
  });
  return Type.Object(Object.fromEntries(properties), { additionalProperties: false });
}
