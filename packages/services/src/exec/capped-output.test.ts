import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { CappedOutput } from './capped-output.ts';

const KEPT = 256 * 1024;

/** Pushes `text` in pieces of `size` bytes, each with memory of its own, as a pipe gives them. */
function pushed(text: Buffer, size: number): CappedOutput {
  const output = new CappedOutput();
  for (let at = 0; at < text.length; at += size) output.push(Buffer.from(new Uint8Array(text.subarray(at, at + size)).buffer));
  return output;
}

test.each([1, 7, 4_096, 200_000, 1_000_000])('SEC-122 keeps head and tail, whatever the pieces: %i bytes each', (size) => {
  const text = Buffer.from(Array.from({ length: 100_000 }, (_, at) => String(at).padStart(9, '0')).join('\n'));
  const output = pushed(text, size);
  expect(output.truncated).toBe(true);
  const half = KEPT / 2;
  expect(output.text()).toBe(
    `${text.subarray(0, half).toString()}\n[… ${text.length - KEPT} of ${text.length} bytes left out …]\n${text.subarray(-half).toString()}`,
  );
});

test.each([0, 1, KEPT / 2, KEPT / 2 + 1, KEPT])('keeps all of %i bytes', (length) => {
  const text = Buffer.alloc(length, 'x');
  const output = pushed(text, 13);
  expect(output.truncated).toBe(false);
  expect(output.text()).toBe(text.toString());
});

test.each(['\u0001', '\u00ff', '"'])('SEC-122 both streams of the worst bytes fit a frame of 4 MiB: %j', (unit) => {
  const text = pushed(Buffer.alloc(KEPT * 2, unit, 'latin1'), 65_536).text();
  expect(Buffer.byteLength(JSON.stringify([text, text]))).toBeLessThan(4 * 1024 * 1024 - 4_096);
});

test('SEC-122 a child that writes byte by byte costs no more than what is kept', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  const output = pushed(Buffer.alloc(KEPT + KEPT / 2 - 1, 'x'), 1);
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
  expect(output.truncated).toBe(true);
});
