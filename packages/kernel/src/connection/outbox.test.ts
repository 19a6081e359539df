import type { Payloads } from '@stormpulse/protocol';
import { expect, test } from 'vitest';
import { Outbox } from './outbox.ts';

const result = (request_id: string, chars = 0): Payloads['command.result'] => ({
  request_id,
  command: 'c',
  group: 'g',
  success: true,
  exit_code: 0,
  stdout: 'x'.repeat(chars),
  stderr: '',
  duration_ms: 1,
  sequence_id: null,
  failure_reason: null,
});

/** What a connection that takes everything was given. */
function connect(outbox: Outbox): string[] {
  const sent: string[] = [];
  outbox.attach((entry) => {
    sent.push(entry.request_id);
    return true;
  });
  return sent;
}

test('gives up the oldest beyond 256 results while the hub is away, and counts them', () => {
  const outbox = new Outbox();
  for (let at = 0; at < 300; at += 1) outbox.add(result(`r${at}`));
  expect([outbox.size, outbox.lost]).toEqual([256, 44]);
  expect(connect(outbox)[0]).toBe('r44');
});

test('holds no more than 32 Mi characters of output, whatever their number', () => {
  const outbox = new Outbox();
  for (let at = 0; at < 100; at += 1) outbox.add(result(`r${at}`, 512 * 1024));
  expect([outbox.size, outbox.lost]).toEqual([64, 36]);
  expect(connect(outbox)).toHaveLength(64);
});

test('SEC-070: an acknowledgement releases only what went out on this connection, once', () => {
  const outbox = new Outbox();
  outbox.add(result('r1'));
  expect(outbox.acknowledge('r1')).toBe(false);
  connect(outbox);
  expect(outbox.acknowledge('other')).toBe(false);
  expect(outbox.acknowledge('r1')).toBe(true);
  expect(outbox.acknowledge('r1')).toBe(false);
  expect(outbox.acknowledge(undefined)).toBe(false);
});

test('a frame that is not taken is sent again on the next connection, with all behind it, in order', () => {
  const outbox = new Outbox();
  outbox.attach(() => false);
  outbox.add(result('r1'));
  outbox.add(result('r2'));
  outbox.detach();
  expect(connect(outbox)).toEqual(['r1', 'r2']);
});
