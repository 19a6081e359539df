import { sealedIn } from './secret.ts';
import type { SecretSource } from './secret.ts';

/** Lets the secrets that a parsed config names be revealed, wherever they stand in it. */
export function bindSecrets(config: unknown, reveal: (source: SecretSource) => Promise<string>): void {
  const sealed = sealedIn(config);
  if (sealed !== undefined) {
    const { source } = sealed;
    if (source !== undefined) sealed.reveal = () => reveal(source);
    return;
  }
  if (typeof config === 'object' && config !== null) for (const value of Object.values(config)) bindSecrets(value, reveal);
}
