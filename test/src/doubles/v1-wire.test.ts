import { describe, expect, it } from 'vitest';
import { hmacOfRequest, hmacOfSequence, wireTime } from './v1-wire.ts';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');

describe("the doubles' own signing", () => {
  it('gives the worked example of the wire page (section 3.1)', () => {
    const params = { tail_lines: '250', docker_service_name: 'web' };
    const nonce = 'Zk3v0yq9J1c4n8b7s6d5f4g3h2j1k0l9_-Aa';
    expect(hmacOfRequest(KEY, { command: 'docker_logs', params, nonce, ts: '2026-03-04T05:06:07Z' })).toBe(
      'cd32ee842fbba08dae6cdf141fa3fdddcf010a9a8e978c4ca36509e44daf3a9b',
    );
  });

  it('sorts names by code point, not by UTF-16 unit (B3)', () => {
    const sign = (params: Record<string, string>): string => hmacOfRequest(KEY, { command: 'c', params, nonce: 'n', ts: 't' });
    expect(sign({ '\u{1F600}': '1', '\uFF5E': '2' })).toBe(sign({ '\uFF5E': '2', '\u{1F600}': '1' }));
    // Two parameters in one: the text a code-point order makes.
    expect(sign({ '\u{1F600}': '1', '\uFF5E': '2' })).toBe(sign({ '\uFF5E': '2&\u{1F600}=1' }));
  });

  it('tells stop_on_failure apart in a sequence', () => {
    const fields = { sequenceId: 's', commands: ['a', 'b'], nonce: 'n', ts: 't' };
    expect(hmacOfSequence(KEY, { ...fields, stopOnFailure: true })).not.toBe(
      hmacOfSequence(KEY, { ...fields, stopOnFailure: false }),
    );
  });

  it('writes time in the canonical spelling (section 1.3)', () => {
    const at = Date.UTC(2026, 2, 4, 5, 6, 7);
    expect([wireTime(at), wireTime(at + 89), wireTime(at + 0.25)]).toEqual([
      '2026-03-04T05:06:07Z',
      '2026-03-04T05:06:07.089000Z',
      '2026-03-04T05:06:07.000250Z',
    ]);
  });
});
