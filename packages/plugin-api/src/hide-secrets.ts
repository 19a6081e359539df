import type { CommandDefinition } from './command.ts';
import type { ParamValue } from './params/policy.ts';

const MIN_SECRET_CHARS = 4;

/** SEC-116: a secret value never comes back, in output neither. The shortest would only maim the text, and say what they are. */
export function hideSecrets(
  text: string,
  definition: Pick<CommandDefinition, 'params'>,
  values: Readonly<Record<string, ParamValue>>,
): string {
  return secretsIn(definition, values).reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
}

/** What must not come back. */
export function secretsIn(
  { params }: Pick<CommandDefinition, 'params'>,
  values: Readonly<Record<string, ParamValue>>,
): readonly string[] {
  return Object.entries(params.properties).flatMap(([name, schema]) => {
    const value = String(values[name] ?? '');
    if (schema['x-secret'] !== true || value.length < MIN_SECRET_CHARS) return [];
    // Output has v1's line ends.
    return [value, value.replaceAll(/\r\n?/gu, '\n')];
  });
}
