import type { ResultOutbox } from '@stormpulse/kernel';
import type { Payloads } from '@stormpulse/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { hurriedClock } from '../../test-support/processes.ts';
import { createResultOutbox } from './result-outbox.ts';
import type { ResultStore } from './result-outbox.ts';

type Result = Payloads['command.result'];
type Change = Parameters<ResultStore['save']>[0];

const result = (request_id: string, chars = 0): Result => ({
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
const answers = (nonce: string) => ({ nonce, ended: true });

/** A disk: what it holds outlives an outbox. */
class Disk implements ResultStore {
  readonly rows = new Map<number, { result: Result; at: number; sends: number }>();
  readonly ended: string[] = [];
  saves = 0;
  fault: Error | undefined;
  #last = 0;

  load() {
    return [...this.rows].map(([no, row]) => ({ no, ...row }));
  }

  save({ results, claims, sends, gone }: Change): number[] {
    if (this.fault !== undefined) throw this.fault;
    this.saves += 1;
    this.ended.push(...[...claims, ...results.flatMap(({ claim }) => claim ?? [])].map(({ nonce }) => nonce));
    for (const each of sends) Object.assign(this.rows.get(each.no) ?? {}, { sends: each.sends });
    gone.forEach((no) => this.rows.delete(no));
    return results.map(({ result, at, sends }) => {
      this.#last += 1;
      this.rows.set(this.#last, { result, at, sends });
      return this.#last;
    });
  }

  get ids(): string[] {
    return [...this.rows.values()].map((row) => row.result.request_id);
  }
}

let disk: Disk;
let nowMs: number;
let events: Record<string, unknown>[];
let logged: string[];
let timers: Set<() => void>;

beforeEach(() => {
  [disk, nowMs, events, logged, timers] = [new Disk(), 1_000_000, [], [], new Set()];
});

function start(): ResultOutbox {
  const note = (_fields: object | string, text = ''): void => void logged.push(text);
  const after = (_ms: number, fire: () => void): (() => void) => {
    timers.add(fire);
    return () => timers.delete(fire);
  };
  return createResultOutbox({
    store: disk,
    clock: { ...hurriedClock(), now: () => nowMs, after },
    events: { record: (event) => void events.push(event) },
    logger: { debug: note, info: note, warn: note, error: note },
  });
}

function add(outbox: ResultOutbox, id: string, chars = 0): void {
  outbox.add(result(id, chars), answers(`n-${id}`));
}

/** What a connection that takes everything was given. */
function connect(outbox: ResultOutbox, onSend: (entry: Result) => void = () => undefined): string[] {
  const sent: string[] = [];
  outbox.attach((entry) => {
    onSend(entry);
    sent.push(entry.request_id);
    return true;
  });
  return sent;
}

function passTime(): void {
  const due = [...timers];
  timers.clear();
  due.forEach((fire) => fire());
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('SEC-069: a result is on disk before it is sent', () => {
  test('with the end of its acceptance, and those of one turn together', async () => {
    const outbox = start();
    const onDisk: string[][] = [];
    const sent = connect(outbox, () => onDisk.push(disk.ids));
    ['r1', 'r2', 'r3'].forEach((id) => add(outbox, id));
    outbox.acknowledgesById();
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toEqual(['r1', 'r2', 'r3']);
    expect(onDisk[0]).toEqual(['r1', 'r2', 'r3']);
    expect(disk.ended).toEqual(['n-r1', 'n-r2', 'n-r3']);
    expect(disk.saves).toBe(1);
  });

  test('what the hub did not acknowledge is sent again after a restart, and removed once it did', () => {
    const first = start();
    connect(first);
    first.acknowledgesById();
    ['r1', 'r2'].forEach((id) => add(first, id));
    first.flush();
    expect(first.acknowledge('r1')).toBe(true);
    first.close();
    const second = start();
    expect(connect(second)).toEqual(['r2']);
    expect(second.acknowledge('r2')).toBe(true);
    expect(disk.ids).toEqual(['r2']);
    passTime();
    expect(disk.ids).toEqual([]);
    expect(connect(start())).toEqual([]);
  });

  test('a hub that acknowledged by id is sent it however often the agent starts, another at most twice', () => {
    const known = start();
    connect(known);
    known.acknowledgesById();
    add(known, 'r1');
    known.flush();
    known.close();
    for (let more = 0; more < 4; more += 1) {
      const again = start();
      expect(connect(again)).toEqual(['r1']);
      again.detach();
      expect(connect(again)).toEqual(['r1']);
      again.detach();
      again.close();
    }
    disk = new Disk();
    const sent: string[] = [];
    for (let more = 0; more < 4; more += 1) {
      const again = start();
      if (more === 0) add(again, 'v1');
      sent.push(...connect(again));
      again.detach();
      again.close();
    }
    expect(sent).toEqual(['v1', 'v1']);
    expect(disk.ids).toEqual([]);
  });

  test('one that cannot be written is sent from memory, told of, and written once it can be', () => {
    const outbox = start();
    const sent = connect(outbox);
    disk.fault = new Error('database or disk is full');
    add(outbox, 'r1');
    outbox.flush();
    expect(sent).toEqual(['r1']);
    expect(events).toEqual([expect.objectContaining({ kind: 'results_not_kept', unkept: 1, error: 'database or disk is full' })]);
    expect(logged).toHaveLength(1);
    passTime();
    expect([logged.length, events.length, sent.length]).toEqual([1, 1, 1]);
    disk.fault = undefined;
    passTime();
    expect(disk.ids).toEqual(['r1']);
    expect(disk.ended).toEqual(['n-r1']);
  });

  test('one that was acknowledged before it could be written still ends its acceptance', () => {
    const outbox = start();
    connect(outbox);
    disk.fault = new Error('database or disk is full');
    add(outbox, 'r1');
    outbox.flush();
    expect(outbox.acknowledge('r1')).toBe(true);
    disk.fault = undefined;
    passTime();
    expect([disk.ids, disk.ended]).toEqual([[], ['n-r1']]);
  });

  test('what another store keeps ends its acceptance at once, and its result is kept all the same', async () => {
    const outbox = start();
    outbox.release('n-job');
    await turn();
    expect([disk.ids, disk.ended]).toEqual([[], ['n-job']]);
    outbox.add(result('job'));
    await turn();
    expect([disk.ids, disk.ended]).toEqual([['job'], ['n-job']]);
  });

  test('nothing is written after it is closed', () => {
    const outbox = start();
    outbox.close();
    add(outbox, 'r1');
    outbox.flush();
    expect([disk.ids, outbox.size, timers.size]).toEqual([[], 0, 0]);
  });
});

describe('SEC-069: what is kept is bounded', () => {
  test('gives up the oldest beyond 256 results while the hub is away, and counts them', () => {
    const outbox = start();
    for (let at = 0; at < 300; at += 1) add(outbox, `r${at}`);
    expect([outbox.size, outbox.lost]).toEqual([256, 44]);
    expect(connect(outbox)[0]).toBe('r44');
    expect(events.filter((event) => event['kind'] === 'results_lost')).toHaveLength(44);
    expect(disk.ended).toHaveLength(300);
  });

  test('holds no more than 32 Mi characters of output, whatever their number', () => {
    const outbox = start();
    for (let at = 0; at < 100; at += 1) add(outbox, `r${at}`, 512 * 1024);
    expect([outbox.size, outbox.lost]).toEqual([64, 36]);
    expect(connect(outbox)).toHaveLength(64);
  });

  test('gives up what is older than a day, also when it is found at a start', () => {
    const first = start();
    add(first, 'old');
    first.close();
    nowMs += 24 * 3_600_000 - 1;
    const second = start();
    add(second, 'new');
    second.close();
    nowMs += 2;
    const third = start();
    expect(connect(third)).toEqual(['new']);
    expect(third.lost).toBe(1);
    third.close();
    expect(disk.ids).toEqual(['new']);
  });
});

test('SEC-070: an acknowledgement releases only what went out on this connection, once', () => {
  const outbox = start();
  add(outbox, 'r1');
  outbox.flush();
  expect(outbox.acknowledge('r1')).toBe(false);
  connect(outbox);
  expect(outbox.acknowledge('other')).toBe(false);
  expect(outbox.acknowledge('r1')).toBe(true);
  expect(outbox.acknowledge('r1')).toBe(false);
  expect(outbox.acknowledge(undefined)).toBe(false);
});

test('a frame that is not taken is sent again on the next connection, with all behind it, in order', () => {
  const outbox = start();
  outbox.attach(() => false);
  add(outbox, 'r1');
  add(outbox, 'r2');
  outbox.flush();
  outbox.detach();
  expect(connect(outbox)).toEqual(['r1', 'r2']);
});
