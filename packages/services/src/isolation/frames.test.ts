import { expect, test } from 'vitest';
import fc from 'fast-check';
import { FrameReader, MAX_FRAME_BYTES, frameOf } from './frames.ts';

test('frames come out as they went in, however the pipe cuts them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary' }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 })),
      (texts, cuts) => {
        const whole = texts.map((text) => text.toWellFormed());
        const bytes = Buffer.concat(whole.map(frameOf));
        const reader = new FrameReader();
        const out: string[] = [];
        let at = 0;
        for (let turn = 0; at < bytes.length; turn += 1) {
          const end = at + (cuts[turn % Math.max(1, cuts.length)] ?? 3);
          out.push(...reader.push(bytes.subarray(at, end)));
          at = end;
        }
        expect(out).toEqual(whole);
      },
    ),
    { numRuns: 30 },
  );
});

test('SEC-206: a length beyond the cap is refused before a byte of it is kept', () => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(MAX_FRAME_BYTES + 1);
  expect(() => new FrameReader().push(header)).toThrow('at most 8388608 are read');
});
