import { assert, integer, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileText, visibleText } from './hostile.ts';

const shown = (input: string, lines = false) => hostileText(input, { maxChars: 1_000, lines }).pieces;

describe('text from a host (SEC-322)', () => {
  it('leaves ordinary text of any script as it is, in one piece', () => {
    const text = 'größer — 東京 🙂 <b>&amp;</b> "x" \\x1b';
    expect(shown(text)).toEqual([{ text, escaped: false }]);
  });

  it.each([
    ['\u0000', '\\x00'],
    ['\u001b', '\\x1b'],
    ['\u007f', '\\x7f'],
    ['\u009b', '\\x9b'],
    ['\u00ad', '\\xad'],
    ['\u200b', '\\u200b'],
    ['\u202e', '\\u202e'],
    ['\u2066', '\\u2066'],
    ['\u2028', '\\u2028'],
    ['\ufeff', '\\ufeff'],
    ['\u3164', '\\u3164'],
    ['\ud800', '\\ud800'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\n', '\\n'],
    ['\t', '\\t'],
    ['\r', '\\r'],
  ])('shows %j as the escape %s, marked as one', (char, escape) => {
    expect(shown(`a${char}b`)).toEqual([
      { text: 'a', escaped: false },
      { text: escape, escaped: true },
      { text: 'b', escaped: false },
    ]);
  });

  it('keeps line breaks and tabs in output areas, and shows a lone carriage return', () => {
    expect(shown('a\r\nb\tc\nd', true)).toEqual([{ text: 'a\nb\tc\nd', escaped: false }]);
    expect(shown('good\rbad', true)[1]).toEqual({ text: '\\r', escaped: true });
  });

  it('tells an escape from text that only looks like one', () => {
    expect(shown('\\x1b\u001b')).toEqual([
      { text: '\\x1b', escaped: false },
      { text: '\\x1b', escaped: true },
    ]);
  });

  it('stops marks from piling up over the lines around them', () => {
    const text = shown(`e${'\u0301'.repeat(50)}`)
      .filter((piece) => !piece.escaped)
      .map((piece) => piece.text)
      .join('');
    expect(text).toBe(`e${'\u0301'.repeat(4)}`);
  });

  it('cuts long text and says how much is left out', () => {
    expect(hostileText('x'.repeat(500), { maxChars: 100 })).toEqual({
      pieces: [{ text: 'x'.repeat(100), escaped: false }],
      tail: [],
      omittedChars: 400,
    });
  });

  it('keeps both ends of an output when asked', () => {
    const cut = hostileText(`start${'.'.repeat(1_000)}end`, { maxChars: 10, tail: true });
    expect(cut.pieces[0]?.text).toBe('start');
    expect(cut.tail[0]?.text).toBe('..end');
    expect(cut.omittedChars).toBe(998);
  });

  it('never cuts a character in two', () => {
    expect(visibleText('ab🙂cd', 3)).toBe('ab…');
  });

  it('never lets a control or direction character through, and never grows without bound', () => {
    assert(
      property(string({ unit: 'binary' }), integer({ min: 1, max: 50 }), (input, maxChars) => {
        const text = visibleText(input, maxChars);
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        expect(text.length).toBeLessThanOrEqual(maxChars * 9 + 1);
      }),
    );
  });
});
