import type { ClaimRefusal, NonceStore } from '@stormpulse/kernel';

/** Single use, kept in memory for the life of the store. */
export function createMemoryNonceStore(): NonceStore & { refuseWith(reason: ClaimRefusal | undefined): void } {
  const seen = new Set<string>();
  let refusal: ClaimRefusal | undefined;
  return {
    claim(nonce) {
      if (refusal !== undefined) return Promise.resolve(refusal);
      if (seen.has(nonce)) return Promise.resolve('replayed_nonce');
      seen.add(nonce);
      return Promise.resolve(undefined);
    },
    close: () => undefined,
    refuseWith(reason) {
      refusal = reason;
    },
  };
}
