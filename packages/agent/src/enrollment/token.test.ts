import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readToken } from './token.ts';

const DIGEST = 'ab'.repeat(32);

describe('the enrollment token', () => {
  it('SEC-033 gives the digest of the CA and is sent whole', () => {
    expect(readToken(`sp1.secret.${DIGEST}`)).toEqual({ text: `sp1.secret.${DIGEST}`, caDigest: DIGEST });
    expect(readToken(`sp1.secret.${DIGEST.toUpperCase()}`).caDigest).toBe(DIGEST);
  });

  it('of a v1 hub is taken as it is', () => {
    expect(readToken('eyJhbGciOi.J9_-~+/=')).toEqual({ text: 'eyJhbGciOi.J9_-~+/=', caDigest: undefined });
  });

  it('SEC-033 of ours that lost its end never becomes one that trusts the system roots', () => {
    const whole = `sp1.secret.${DIGEST}`;
    fc.assert(
      fc.property(fc.integer({ min: 'sp1.'.length, max: whole.length - 1 }), (length) => {
        expect(() => readToken(whole.slice(0, length))).toThrow(/cut off.*No request was made/u);
      }),
    );
  });

  it.each(['', 'two words', 'line\nbreak', 'nul\0', 'ümlaut', 'x'.repeat(5_000)])('%j is refused', (text) => {
    expect(() => readToken(text)).toThrow(/No request was made/u);
  });
});
