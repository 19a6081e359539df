import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputText } from './output-text.ts';

const UTF8 = new TextEncoder();

/** The text of some bytes, fed in pieces cut at these places. */
function told(bytes: Uint8Array, cuts: readonly number[], secrets: readonly string[] = []): string {
  const text = new OutputText(secrets);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places
    .slice(1)
    .map((end, index) => text.push(bytes.subarray(places[index], end)))
    .join('');
}

describe('the text of a stream, piece by piece', () => {
  it('is what the result says of the same bytes, wherever they were cut', () => {
    const part = fc.constantFrom('a', '\r', '\n', '\r\n', 'é', '€', '😀', '\uFEFF', '\0');
    const bytes = fc
      .array(
        fc.oneof(
          part.map((text) => UTF8.encode(text)),
          fc.uint8Array({ maxLength: 3 }),
        ),
        { maxLength: 12 },
      )
      .map((parts) => Uint8Array.from(parts.flatMap((each) => [...each])));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 8 }), (some, cuts) => {
        // A full stop lets go what waits: half a line end, half a character.
        const whole = Buffer.from([...some, 0x2e]);
        expect(told(whole, cuts)).toBe(whole.toString('utf8').replaceAll(/\r\n?/gu, '\n'));
      }),
    );
  });

  it('SEC-116: no cut lets a part of a secret through', () => {
    const text = 'before hunter22 between hunter2 after\r\nline1\r\nline2 hunt er22 end';
    const secrets = ['hunter2', 'hunter22', 'line1\nline2'];
    const bytes = UTF8.encode(`${text}${'.'.repeat(12)}`);
    for (let cut = 0; cut <= bytes.length; cut += 1)
      for (const cuts of [[cut], [cut, cut + 1, cut + 2, cut + 5], Array.from(bytes.keys())])
        expect(told(bytes, cuts, secrets)).toMatch(/^before \[secret\] between \[secret\] after\n\[secret\] hunt er22 end\.*$/u);
  });

  it('SEC-116: what may be the beginning of a secret waits, and nothing more', () => {
    const text = new OutputText(['hunter2']);
    expect(text.push(UTF8.encode('x'.repeat(10)))).toBe('xxxx');
    expect(text.push(UTF8.encode('hunter'))).toBe('xxxxxx');
    expect(text.push(UTF8.encode('2'))).toBe('[secret]');
  });

  it('never parts a character, whatever is held back', () => {
    const text = new OutputText(['four']);
    const pieces = ['😀', 'a', '😀', '😀b'].map((each) => text.push(UTF8.encode(each)));
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
    expect(pieces.join('')).toBe('😀a😀');
  });
});
