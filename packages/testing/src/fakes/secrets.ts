import { SecretMissing } from '@stormpulse/services';
import type { RevealSecret } from '@stormpulse/services';

/** Secrets that a test names, by the path of the file or the name of the variable; the host's are out of reach. */
export function createFakeSecrets(secrets: Readonly<Record<string, string>>): RevealSecret {
  return (source) => {
    const name = 'file' in source ? source.file : source.env;
    const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (value !== undefined) return Promise.resolve(value);
    const fix = `name it in the test: createHarness(plugin, { secrets: { ${JSON.stringify(name)}: '…' } })`;
    return Promise.reject(SecretMissing({ source: JSON.stringify(name), fix }));
  };
}
