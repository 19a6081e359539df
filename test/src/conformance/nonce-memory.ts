import type { NonceStore } from '@stormpulse/kernel';

/** Kept beyond the signed time and the maximum age: 5 s of skew and 60 s of margin (SEC-061). */
const MARGIN_SECONDS = 65;

/** A nonce store without a disk that keeps nonces as long as SEC-061 says. */
export function createNonceMemory(maxAgeSeconds: number, nowMicros: () => bigint): NonceStore {
  const expiries = new Map<string, bigint>();
  return {
    async claim(nonce, tsMicros) {
      const now = nowMicros();
      for (const [known, expiry] of expiries) if (expiry < now) expiries.delete(known);
      if (expiries.has(nonce)) return 'replayed_nonce';
      expiries.set(nonce, tsMicros + BigInt(Math.round((maxAgeSeconds + MARGIN_SECONDS) * 1e6)));
      return undefined;
    },
    close() {},
  };
}
