import type { SecretSource } from '@stormpulse/plugin-api';
import { SecretInvalid, SecretMissing } from './errors.ts';
import { readSecretFile } from './secret-file.ts';

/** Reads a secret anew, each time. Rejects with `E_SECRET_*`, which hold nothing of it. */
export type RevealSecret = (source: SecretSource) => Promise<string>;

/** Secrets from files and from this environment, as the agent was started with it. */
export function createRevealSecret(env: Readonly<Record<string, string | undefined>>): RevealSecret {
  return async (source) => {
    if ('env' in source) return fromEnvironment(source.env, env);
    const named = `file ${JSON.stringify(source.file)}`;
    return asText(named, await readSecretFile(source.file, named));
  };
}

function fromEnvironment(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const source = `environment variable ${name}`;
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined)
    throw SecretMissing({
      source,
      fix: `set it where the agent is started (systemd: EnvironmentFile=), and start the agent anew`,
    });
  if (value === '') throw SecretInvalid({ source, problem: 'it is empty', fix: 'set it where the agent is started' });
  return value;
}

/** An editor ends a file with one line end, which is no part of the secret. */
function asText(source: string, bytes: Uint8Array): string {
  const fix = 'write the secret alone into the file, as one text';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/u, '');
  } catch {
    throw SecretInvalid({ source, problem: 'the file is no UTF-8 text', fix });
  }
  if (text === '') throw SecretInvalid({ source, problem: 'the file is empty', fix });
  if (text.includes('\0')) throw SecretInvalid({ source, problem: 'the file holds a NUL character', fix });
  return text;
}
