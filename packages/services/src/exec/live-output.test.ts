import type { CommandOutputPayload } from '@stormpulse/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLiveOutput } from './live-output.ts';
import type { LiveOutput } from '@stormpulse/kernel';

const KIB = 1024;
const bytes = (text: string): Uint8Array => Buffer.from(text);

/** Timers that fire when told to. */
class Time {
  #ms = 0;
  readonly #timers = new Set<{ readonly at: number; readonly fire: () => void }>();

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.#ms + ms, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get pending(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    this.#ms += ms;
    for (const timer of this.#timers) {
      if (timer.at > this.#ms) continue;
      this.#timers.delete(timer);
      timer.fire();
    }
  }
}

describe('live output', () => {
  let clock: Time;
  let output: LiveOutput;
  let sent: CommandOutputPayload[];
  beforeEach(() => {
    clock = new Time();
    output = createLiveOutput({ clock });
    connect();
  });

  /** A connection that takes everything, and keeps it in `sent`. */
  function connect(): void {
    sent = [];
    const here = sent;
    output.detach();
    output.attach((piece) => here.push(piece) > 0);
  }
  const ack = (seq: number, request = 'r'): void => output.acknowledge({ request_id: request, seq });
  const textOf = (stream: string): string =>
    sent
      .filter((piece) => piece.stream === stream)
      .map(({ text }) => text)
      .join('');

  it('tells the first piece at once and joins what follows within 50 ms, each stream by itself', () => {
    const sink = output.open({ requestId: 'r', secrets: [] });
    sink.write('stdout', bytes('a'));
    expect(sent).toEqual([{ request_id: 'r', stream: 'stdout', offset: 0, text: 'a', seq: 0 }]);
    sink.write('stdout', bytes('b'));
    sink.write('stdout', bytes('€'));
    sink.write('stderr', bytes('!'));
    expect(sent.slice(1)).toEqual([{ request_id: 'r', stream: 'stderr', offset: 0, text: '!', seq: 1 }]);
    clock.advance(50);
    expect(sent.slice(2)).toEqual([{ request_id: 'r', stream: 'stdout', offset: 1, text: 'b€', seq: 2 }]);
    clock.advance(50);
    sink.write('stdout', bytes('later'));
    expect(sent.at(-1)).toMatchObject({ offset: 5, text: 'later' });
    sink.end();
    clock.advance(1_000);
    expect(clock.pending).toBe(0);
  });

  it('SEC-122: tells 256 KiB of a stream, then once that the rest is in the result', () => {
    const sink = output.open({ requestId: 'r', secrets: [] });
    for (let round = 0; round < 400; round += 1) {
      sink.write('stdout', bytes('y\n'.repeat(KIB)));
      clock.advance(50);
      for (const { seq } of sent.slice(-4)) ack(seq);
    }
    expect(textOf('stdout')).toBe(`${'y\n'.repeat(128 * KIB)}\n[… the rest is in the result …]\n`);
    sink.write('stderr', bytes('still'));
    expect(textOf('stderr')).toBe('still');
    sink.end();
  });

  it('SEC-228: has at most 64 KiB on the way, keeps 256 KiB, and tells what it dropped by the offset', () => {
    const sinks = ['a', 'b', 'c'].map((id) => output.open({ requestId: id, secrets: [] }));
    const flight = (): number => sent.reduce((sum, { text }) => sum + text.length, 0);
    for (const sink of sinks) sink.write('stdout', bytes('x'.repeat(200 * KIB)));
    expect(flight()).toBeLessThanOrEqual(64 * KIB);
    clock.advance(50);
    expect(flight()).toBeLessThanOrEqual(64 * KIB);
    for (let seen = 0; seen < sent.length; seen += 1) ack(sent[seen]?.seq ?? 0, sent[seen]?.request_id);
    expect(flight()).toBeGreaterThan(200 * KIB);
    expect(flight()).toBeLessThanOrEqual(256 * KIB);
    // The third found no room at all; what it writes now says so.
    sinks[2]?.write('stdout', bytes('again'));
    clock.advance(50);
    expect(sent.at(-1)).toEqual({ request_id: 'c', stream: 'stdout', offset: 200 * KIB, text: 'again', seq: 0 });
    sinks.forEach((sink) => sink.end());
  });

  it('sends again on the next connection, in order, what was not acknowledged, and what came between', () => {
    const sink = output.open({ requestId: 'r', secrets: [] });
    for (const word of ['one ', 'two ', 'three ']) {
      sink.write('stdout', bytes(word));
      clock.advance(50);
    }
    ack(0);
    output.detach();
    sink.write('stdout', bytes('four'));
    clock.advance(50);
    connect();
    expect(sent.map(({ offset, text }) => [offset, text])).toEqual([
      [4, 'two '],
      [8, 'three '],
      [14, 'four'],
    ]);
    sink.end();
  });

  it('tells no more of a command that ended, and lets others have its room', () => {
    const [first, second] = [output.open({ requestId: 'a', secrets: [] }), output.open({ requestId: 'b', secrets: [] })];
    first.write('stdout', bytes('x'.repeat(150 * KIB)));
    first.write('stdout', bytes('never told'));
    second.write('stdout', bytes('y'.repeat(60 * KIB)));
    first.end();
    first.write('stdout', bytes('late'));
    const before = sent.length;
    second.write('stdout', bytes('z'));
    clock.advance(50);
    expect(sent.slice(before).map(({ request_id: id }) => id)).not.toContain('a');
    for (const { seq } of sent.slice(0, before)) ack(seq, 'a');
    expect(textOf('stdout').endsWith('yz')).toBe(true);
    connect();
    expect(sent.map(({ request_id: id }) => id)).not.toContain('a');
    second.end();
  });

  it('waits when the connection takes nothing, and costs nothing where no hub named the feature', () => {
    const unnamed = createLiveOutput({ clock });
    unnamed.open({ requestId: 'r', secrets: [] }).write('stdout', bytes('x'));
    expect(clock.pending).toBe(0);
    let takes = false;
    const taken: string[] = [];
    unnamed.attach(({ text }) => takes && taken.push(text) > 0);
    const sink = unnamed.open({ requestId: 'r', secrets: [] });
    sink.write('stdout', bytes('a'));
    takes = true;
    sink.write('stdout', bytes('b'));
    clock.advance(50);
    expect(taken).toEqual(['a', 'b']);
    sink.end();
  });

  it('is not moved by acknowledgements that make no sense', () => {
    const sink = output.open({ requestId: 'r', secrets: [] });
    sink.write('stdout', bytes('x'.repeat(100 * KIB)));
    const before = sent.length;
    for (const odd of [null, {}, { request_id: 'r' }, { request_id: 'r', seq: '1' }, { request_id: 'r', seq: -1 }])
      output.acknowledge(odd);
    ack(1_000, 'other');
    expect(sent.length).toBe(before);
    // What was never sent is not acknowledged either.
    ack(1_000);
    ack(1_000);
    expect(textOf('stdout')).toBe('x'.repeat(100 * KIB));
    sink.end();
  });
});
