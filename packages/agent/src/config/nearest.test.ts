import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

const word = fc.stringMatching(/^[a-c_]{0,8}$/u);

describe('nearest', () => {
  it.each([
    ['hmac_secert', 'hmac_secret'],
    ['hmac_secre', 'hmac_secret'],
    ['hmac_secrett', 'hmac_secret'],
    ['hamc_secrat', 'hmac_secret'],
    ['hmac_secret', undefined],
    ['hmac_sec', undefined],
    ['', undefined],
  ])('%j: %j', (written, meant) => {
    expect(nearest(written, ['command_max_age_seconds', 'hmac_secret'])).toBe(meant);
  });

  it('prefers fewer edits', () => {
    expect(nearest('urls', ['ural', 'url'])).toBe('url');
  });
});

describe('editDistance', () => {
  it('is 0 only for the same, the same both ways, and at most 2 after two edits', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(Math.min(editDistance(a, b), 3)).toBe(Math.min(editDistance(b, a), 3));
      }),
    );
    fc.assert(
      fc.property(word, fc.nat(8), fc.nat(8), (a, at, other) => {
        const once = `${a.slice(0, at)}x${a.slice(at)}`;
        expect(editDistance(a, once)).toBe(1);
        expect(editDistance(a, once.slice(0, other) + once.slice(other + 1))).toBeLessThanOrEqual(2);
      }),
    );
  });
});
