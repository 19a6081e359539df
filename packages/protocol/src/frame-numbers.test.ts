import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameNumbers, isTold } from './frame-numbers.ts';
import type { LinkFault } from './frame-numbers.ts';
import { parseFrame } from './frame.ts';
import type { RawEnvelope } from './frame.ts';
import { AGENT_JSON_LIMITS } from './limits.ts';
import { createMessage, encodeMessage } from './message.ts';

const NOON_MS = Date.UTC(2026, 0, 1, 12);
const JUNK = '{"v":1';

/** Text of a heartbeat dated so many milliseconds after noon. */
const beat = (atMs = 0): string =>
  encodeMessage(createMessage('heartbeat', 'node-7', {}, { id: 'x', ts: new Date(NOON_MS + atMs).toISOString() }));

const read = (text: string): RawEnvelope => parseFrame(text, { dialect: 'hardened', limits: AGENT_JSON_LIMITS });

/** The numbers of a receiver, and what they found. */
function receiver({ named = true } = {}) {
  const found: LinkFault[] = [];
  const numbers = new FrameNumbers({ boot: 'receiver', named, found: (fault) => found.push(fault) });
  const take = (text: string): void => {
    if (text === JUNK) numbers.unread();
    else numbers.came(read(text));
  };
  return { numbers, found, take, kinds: () => found.map(({ fault }) => fault) };
}

/** The texts of so many frames, those after the first `plain` with their number. */
function sent(count: number, plain = 0, date: (index: number) => number = (index) => index): string[] {
  const numbers = new FrameNumbers({ boot: 'sender', named: true, found: () => undefined });
  return Array.from({ length: count }, (_, index) => {
    if (index === plain) numbers.negotiated();
    return numbers.mark(beat(date(index)));
  });
}

const xOf = (text: string): unknown => read(text).x;

describe('the numbers of a connection', () => {
  test('are on the wire what they are in memory, after the keys of v1', () => {
    const [first = ''] = sent(1);
    expect(first).toBe(beat().replace(/\}$/u, ',"x":"sender-1"}'));
    expect(read(first)).toMatchObject({ type: 'heartbeat', payload: {}, x: 'sender-1' });
    expect(sent(4, 2).map(xOf)).toEqual([undefined, undefined, 'sender-3', 'sender-4']);
  });

  test.each<readonly [name: string, x: unknown]>([
    ['none', undefined],
    ['null', null],
    ['a list', [1]],
    ['a number', 3],
    ['an object', { boot: 'sender', seq: 3 }],
    ['no boot', '3'],
    ['an empty boot', '-3'],
    ['a boot of 65 characters', `${'b'.repeat(65)}-3`],
    ['a boot with a space', 'sen der-3'],
    ['half a number', 'sender-2.5'],
    ['nought', 'sender-0'],
    ['another spelling', 'sender-03'],
    ['a number of 16 digits', 'sender-1000000000000000'],
    ['more behind it', 'sender-3\n'],
  ])('SEC-075: what is no number (%s) counts as a frame without one', (_name, x) => {
    const { take, found } = receiver();
    for (const text of sent(2)) take(text);
    take(JSON.stringify({ ...(JSON.parse(beat()) as object), x }));
    expect(found).toEqual([{ fault: 'unnumbered', count: 1, expected: 3 }]);
  });

  test('SEC-075: a frame of another run of the peer is told, and is no place in this one', () => {
    const { take, found } = receiver();
    const [one = '', two = '', three = ''] = sent(3);
    for (const text of [one, two, three.replace('sender', 'former'), three]) take(text);
    expect(found).toEqual([{ fault: 'other_boot', count: 1, expected: 3, seq: 3 }]);
  });

  test('SEC-075: a date 5 s back is taken, a microsecond more is told, once for each step', () => {
    const { take, found } = receiver();
    const at = [60_000, 55_000, 60_000];
    sent(3, 0, (index) => at[index] ?? 0).forEach(take);
    expect(found).toEqual([]);
    const [, , , fourth = '', fifth = '', sixth = ''] = sent(6, 0, () => 0);
    take(fourth.replace(/"ts":"[^"]+"/u, '"ts":"2026-01-01T12:00:54.999999Z"'));
    take(fifth.replace(/"ts":"[^"]+"/u, '"ts":"2026-01-01T12:00:50Z"'));
    expect(found).toEqual([{ fault: 'clock_back', count: 1, expected: 4, seq: 4 }]);
    take(sixth);
    expect(found.at(-1)).toEqual({ fault: 'clock_back', count: 2, expected: 6, seq: 6 });
  });

  test('SEC-075: the first of a kind is told, then each time there are twice as many', () => {
    const { take, found } = receiver();
    const texts = sent(2);
    for (let times = 0; times < 40; times += 1) texts.forEach(take);
    expect(found.filter(isTold).map(({ count }) => count)).toEqual([1, 2, 4, 8, 16, 32, 64]);
    expect(found).toHaveLength(78);
  });

  test('nothing is made of an x that nobody agreed on', () => {
    const { take, found, numbers } = receiver({ named: false });
    const texts = sent(6);
    for (const text of [texts[3], texts[1], texts[1]]) take(text ?? '');
    expect(found).toEqual([]);
    numbers.negotiated();
    take(texts[3] ?? '');
    expect(found).toEqual([]);
  });
});

describe('whatever happens on the way', () => {
  const link = fc.record({ count: fc.integer({ min: 1, max: 12 }), plain: fc.nat({ max: 12 }) });

  test('SEC-075: a link that keeps its frames is silent, wherever showing begins, with junk in it and a clock that wavers', () => {
    fc.assert(
      fc.property(link, fc.array(fc.nat({ max: 11 })), fc.array(fc.nat({ max: 4_999 })), ({ count, plain }, junk, waver) => {
        const { take, found } = receiver();
        sent(count, plain, (index) => 10_000 + index - (waver[index] ?? 0)).forEach((text, index) =>
          take(junk.includes(index) ? JUNK : text),
        );
        expect(found).toEqual([]);
      }),
    );
  });

  test('SEC-075: any loss, doubling or reordering of numbered frames is found by the time the next one comes', () => {
    fc.assert(
      fc.property(link, fc.array(fc.nat({ max: 11 }), { maxLength: 14 }), ({ count, plain }, picked) => {
        const before = Math.min(plain, count);
        const texts = sent(count + 1, before);
        const arrived = picked.filter((index) => index < count);
        const { take, found } = receiver();
        for (const index of [...arrived, count]) take(texts[index] ?? '');
        const firstShown = arrived.findIndex((index) => index >= before);
        const plainOnes = firstShown < 0 ? arrived.length : firstShown;
        const numbered = arrived.slice(plainOnes);
        // Frames without a number are known by their count alone.
        const isWhole = arrived.length === count && numbered.every((index, place) => index === plainOnes + place);
        expect(found.length === 0).toBe(isWhole);
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ['lost', (texts: string[], at: number) => texts.toSpliced(at, 1), ['gap']],
    ['doubled', (texts: string[], at: number) => texts.toSpliced(at, 0, texts[at] ?? ''), ['behind']],
    [
      'reordered',
      (texts: string[], at: number) => texts.toSpliced(at, 2, texts[at + 1] ?? '', texts[at] ?? ''),
      ['gap', 'behind'],
    ],
  ])('SEC-075: one frame %s, at any place among the numbered ones, is found as such', (_name, damage, kinds) => {
    for (let at = 0; at < 8; at += 1) {
      const receiving = receiver();
      damage(sent(10), at).forEach(receiving.take);
      expect(receiving.kinds()).toEqual(kinds);
    }
  });

  test('SEC-075: a frame lost before the first number is known from it', () => {
    for (let at = 0; at < 3; at += 1) {
      const { take, found } = receiver();
      sent(5, 3).toSpliced(at, 1).forEach(take);
      expect(found).toEqual([{ fault: 'gap', count: 1, expected: 3, seq: 4 }]);
    }
  });
});
