import { beforeEach, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from './limits.ts';
import { Watch } from './watch.ts';
import type { Usage } from './carrier.ts';

let now: number;
let timers: { at: number; fire: () => void }[];
let trouble: string[];
let used: Usage;
let answers: boolean;
let watch: Watch;

const clock = {
  now: () => now,
  monotonic: () => now,
  after(ms: number, fire: () => void): () => void {
    const timer = { at: now + ms, fire };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  },
};

/** Lets time pass, a quarter of a second at once unless told. */
async function pass(ms: number, step = 250): Promise<void> {
  for (let left = ms; left > 0; left -= step) {
    now += step;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { fire } of due) fire();
    await Promise.resolve();
  }
}

beforeEach(() => {
  now = 1_000_000;
  timers = [];
  trouble = [];
  used = { cpuMs: 0, bytes: 0 };
  answers = true;
  watch = new Watch({
    clock,
    limits: DEFAULT_LIMITS,
    usage: () => used,
    ping: async () => {
      if (!answers) return await new Promise(() => undefined);
      watch.heard(1, 100);
      return { bytes: 0 };
    },
    onTrouble: (why) => trouble.push(why),
  });
  watch.begin();
});

test('SEC-207: one that answers is left alone; one that does not is told of within 5 s', async () => {
  await pass(60_000);
  expect(trouble).toEqual([]);
  answers = false;
  await pass(5_000);
  expect(trouble).toEqual(['it did not answer anything for 4000 ms']);
});

test('SEC-207: while the agent itself was late, nobody is blamed', async () => {
  answers = false;
  await pass(2_000);
  await pass(6_000, 6_000);
  expect(trouble).toEqual([]);
  await pass(5_000);
  expect(trouble).toHaveLength(1);
});

test('SEC-211: 200 MiB are allowed, more are not', async () => {
  used = { cpuMs: 0, bytes: 200 * 1_048_576 };
  await pass(3_000);
  expect(trouble).toEqual([]);
  used = { cpuMs: 0, bytes: 201 * 1_048_576 };
  await pass(1_000);
  expect(trouble).toEqual(['it used 201 MB of memory; 200 are allowed']);
});

test('SEC-211: a tenth of a core is allowed, and more for less than 12 s', async () => {
  const use = async (percent: number, ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1_000) {
      used = { cpuMs: (used.cpuMs ?? 0) + percent * 10, bytes: 0 };
      await pass(1_000);
    }
  };
  await use(10, 40_000);
  await use(90, 1_000);
  await use(1, 20_000);
  expect(trouble).toEqual([]);
  await use(30, 14_000);
  expect(trouble).toEqual([expect.stringMatching(/^it used \d+ % of a core for 12 s; 10 % are allowed$/u)]);
});

test('SEC-207: so many messages, and so many bytes, a second', () => {
  expect(watch.heard(20_000, 1)).toBeUndefined();
  expect(watch.heard(1, 1)).toBe('it sent more than 20000 messages in a second');
  now += 1_000;
  expect(watch.heard(1, 64 * 1_048_576)).toBeUndefined();
  expect(watch.heard(1, 1)).toBe('it sent more than 64 MB in a second');
});
