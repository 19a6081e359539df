import type { CommandDefinition } from './command.ts';
import type { ParamValue } from './params/policy.ts';

const MIN_SECRET_CHARS = 4;

/** SEC-116: a secret value never comes back, in output neither. The shortest would only maim the text, and say what they are. */
export function hideSecrets(
  text: string,
  { params }: Pick<CommandDefinition, 'params'>,
  values: Readonly<Record<string, ParamValue>>,
): string {
  let clean = text;
  for (const [name, schema] of Object.entries(params.properties)) {
    const value = values[name];
    if (schema['x-secret'] === true && value !== undefined && String(value).length >= MIN_SECRET_CHARS)
      // Output has v1's line ends.
      for (const text of [String(value), String(value).replaceAll(/\r\n?/gu, '\n')]) clean = clean.replaceAll(text, '[secret]');
  }
  return clean;
}
