import {
  appendFileSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAuditLog } from './audit-log.ts';
import type { AuditLogOptions, HostAuditLog } from './audit-log.ts';
import { readAuditLog, verifyAuditLog } from './verify-audit.ts';

const NOW_MS = Date.UTC(2026, 2, 4, 5, 6, 7, 89);

describe('openAuditLog', () => {
  let root: string;
  let folder: string;
  let logged: string[];
  /** Timers that wait. */
  let timers: Set<() => void>;
  let monotonic: number;
  let log: HostAuditLog | undefined;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'audit-'));
    folder = join(root, 'audit');
    logged = [];
    monotonic = 0;
    timers = new Set();
  });
  afterEach(() => {
    log?.close();
    log = undefined;
    rmSync(root, { recursive: true, force: true });
  });

  const open = (more: Partial<AuditLogOptions> = {}): HostAuditLog => {
    log?.close();
    const say = (_fields: object | string, text = ''): void => void logged.push(text);
    const logger = { debug: () => undefined, info: say, warn: say, error: say };
    const clock = {
      now: () => NOW_MS,
      monotonic: () => monotonic,
      after: (ms: number, work: () => void) => {
        const timer = (): void => {
          monotonic += ms;
          timers.delete(timer);
          work();
        };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    };
    return (log = openAuditLog({ folder, clock, logger, ...more }));
  };
  const current = (): string => join(folder, 'audit.jsonl');
  const records = () => [...readAuditLog(folder)].map(({ record }) => record);
  const kinds = (): unknown[] => records().map((record) => record?.kind);
  const fire = (): void => timers.forEach((timer) => timer());

  it('SEC-241: a record has its number, both times, the boot, and the hash of the one before', async () => {
    const audit = open();
    await audit.append({ kind: 'command.accepted', command: 'git_pull', params: ['branch'] });
    await audit.append({ kind: 'command.finished', seq: 99, hash: 'own' });
    const [first, second] = records();
    expect(first).toMatchObject({
      seq: 1,
      ts: '2026-03-04T05:06:07.089Z',
      mono: 0,
      kind: 'command.accepted',
      command: 'git_pull',
      prev: '0'.repeat(64),
    });
    expect(first?.boot).toMatch(/./u);
    expect(second).toMatchObject({ seq: 2, prev: first?.hash });
    expect(audit.head).toEqual({ seq: 2, hash: second?.hash });
    expect(verifyAuditLog(folder)).toMatchObject({ records: 2, head: audit.head });
  });

  it('SEC-240: answers after the fsync; entries of one turn share it', async () => {
    const order: string[] = [];
    const sync = (descriptor: number): void => {
      fsyncSync(descriptor);
      order.push('synced');
    };
    const audit = open({ disk: { write: writeFileSync, sync } });
    await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        await audit.append({ kind: 'test.entry', at });
        order.push('answered');
      }),
    );
    expect(order).toEqual(['synced', ...Array.from({ length: 50 }, () => 'answered')]);
    expect(records().map((record) => record?.['at'])).toEqual(Array.from({ length: 50 }, (_, at) => at));
  });

  it('what nobody waits for shares the fsync of the next entry, or is written alone a second later', async () => {
    let syncs = 0;
    const sync = (descriptor: number): void => {
      fsyncSync(descriptor);
      syncs += 1;
    };
    const audit = open({ disk: { write: writeFileSync, sync } });
    audit.note({ kind: 'test.noted' });
    expect(kinds()).toEqual([]);
    await audit.append({ kind: 'test.awaited' });
    expect([kinds(), syncs, timers.size]).toEqual([['test.noted', 'test.awaited'], 1, 0]);
    audit.note({ kind: 'test.alone' });
    fire();
    expect([kinds().at(-1), syncs, monotonic]).toEqual(['test.alone', 2, 1_000]);
  });

  it.each(['ENOSPC', 'EDQUOT', 'EROFS'])(
    'SEC-240, SEC-184: on %s an append is refused; it is taken again once the disk takes it',
    async (code) => {
      let isFull = false;
      const write = (descriptor: number, text: string): void => {
        // A disk takes what fits before it says that it is full.
        writeFileSync(descriptor, isFull ? text.slice(0, 20) : text);
        if (isFull) throw Object.assign(new Error(`${code}: injected`), { code });
      };
      const audit = open({ disk: { write, sync: fsyncSync } });
      await audit.append({ kind: 'test.before' });
      isFull = true;
      const refusals = await Promise.allSettled([audit.append({ kind: 'test.a' }), audit.append({ kind: 'test.b' })]);
      expect(refusals).toMatchObject([{ reason: { code: 'E_AUDIT_WRITE' } }, { reason: { code: 'E_AUDIT_WRITE' } }]);
      audit.note({ kind: 'test.noted' });
      fire();
      isFull = false;
      await audit.append({ kind: 'test.after' });
      expect(kinds()).toEqual(['test.before', 'test.noted', 'test.after']);
      expect(verifyAuditLog(folder).fault).toBeUndefined();
      expect(logged).toHaveLength(2);
    },
  );

  it('SEC-240: a folder that cannot be made refuses every append, and does once it can', async () => {
    writeFileSync(folder, 'in the way');
    const audit = open();
    await expect(audit.append({ kind: 'test.a' })).rejects.toMatchObject({ code: 'E_AUDIT_WRITE' });
    expect(audit.head).toBeUndefined();
    rmSync(folder);
    await audit.append({ kind: 'test.b' });
    expect(kinds()).toEqual(['test.b']);
  });

  it('SEC-183: after a failed fsync nothing is taken until a restart, and fsync is not tried again', async () => {
    let syncs = 0;
    const sync = (): void => {
      syncs += 1;
      throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
    };
    const audit = open({ disk: { write: writeFileSync, sync } });
    await expect(audit.append({ kind: 'test.a' })).rejects.toMatchObject({ code: 'E_AUDIT_CLOSED' });
    await expect(audit.append({ kind: 'test.b' })).rejects.toMatchObject({ code: 'E_AUDIT_CLOSED' });
    expect(syncs).toBe(1);
    await open().append({ kind: 'test.c' });
    expect(verifyAuditLog(folder).fault).toBeUndefined();
  });

  it('SEC-244: a torn last line is put aside, told in a record, and the chain goes on', async () => {
    await open().append({ kind: 'test.before' });
    log?.close();
    const whole = readFileSync(current(), 'utf8');
    appendFileSync(current(), '{"boot":"x","ki\u0000\u0000');
    const audit = open();
    await audit.append({ kind: 'test.after' });
    expect(kinds()).toEqual(['test.before', 'audit.recovered', 'test.after']);
    const { file, bytes } = records()[1] as { readonly file?: string; readonly bytes?: number };
    expect(readFileSync(join(folder, String(file)), 'utf8')).toBe('{"boot":"x","ki\u0000\u0000');
    expect(bytes).toBe(17);
    expect(readFileSync(current(), 'utf8').startsWith(whole)).toBe(true);
    expect(verifyAuditLog(folder)).toMatchObject({ records: 3, unfinished: false });
    expect(lstatSync(join(folder, String(file))).mode & 0o777).toBe(0o600);
  });

  it('a line that was edited is no torn one: it stays, and verify names it', async () => {
    await open().append({ kind: 'test.before' });
    log?.close();
    writeFileSync(current(), readFileSync(current(), 'utf8').replace('before', 'altered'));
    await open().append({ kind: 'test.after' });
    expect(kinds()).toEqual(['test.altered', 'test.after']);
    expect(verifyAuditLog(folder).fault).toMatchObject({ seq: 1, problem: 'edited' });
  });

  it('SEC-241, SEC-243: rotates at its size, keeps so many files, each beginning with the head of the one before', async () => {
    const audit = open({ maxBytes: 1_500, maxFiles: 3 });
    for (let at = 0; at < 40; at += 1) await audit.append({ kind: 'test.entry', at, text: 'x'.repeat(100) });
    const names = readdirSync(folder).toSorted();
    expect(names).toHaveLength(3);
    for (const name of names) expect(lstatSync(join(folder, name)).size).toBeLessThan(2_000);
    const [first] = records();
    expect(first).toMatchObject({ kind: 'audit.rotated', after: `${Number(first?.seq) - 1}:${first?.prev}` });
    expect(verifyAuditLog(folder)).toMatchObject({ files: 3, first: first?.seq, head: audit.head });
    expect(verifyAuditLog(folder).fault).toBeUndefined();
    const { head } = audit;
    await open({ maxBytes: 1_500, maxFiles: 3 }).append({ kind: 'test.more' });
    expect(records().at(-1)).toMatchObject({ prev: head?.hash });
  });

  it('SEC-244: goes on after a crash between the two steps of a rotation', async () => {
    const audit = open();
    await audit.append({ kind: 'test.before' });
    const { head } = audit;
    audit.close();
    writeFileSync(join(folder, 'audit-000000000001.jsonl'), readFileSync(current()));
    rmSync(current());
    await open().append({ kind: 'test.after' });
    expect(kinds()).toEqual(['test.before', 'audit.rotated', 'test.after']);
    expect(records()[1]).toMatchObject({ after: `1:${head?.hash}`, oldest: 1 });
    expect(verifyAuditLog(folder).fault).toBeUndefined();
  });

  it('is for its owner alone, and no link leads it elsewhere', async () => {
    await open().append({ kind: 'test.a' });
    expect([lstatSync(folder).mode & 0o777, lstatSync(current()).mode & 0o777]).toEqual([0o700, 0o600]);
    log?.close();
    const victim = join(root, 'victim');
    writeFileSync(victim, '');
    rmSync(current());
    symlinkSync(victim, current());
    await expect(open().append({ kind: 'test.b' })).rejects.toMatchObject({ code: 'E_AUDIT_WRITE' });
    rmSync(folder, { recursive: true });
    mkdirSync(join(root, 'elsewhere'));
    symlinkSync(join(root, 'elsewhere'), folder);
    await expect(open().append({ kind: 'test.c' })).rejects.toMatchObject({ code: 'E_AUDIT_WRITE' });
    expect([readFileSync(victim, 'utf8'), readdirSync(join(root, 'elsewhere'))]).toEqual(['', []]);
  });

  it('an entry that is no JSON, or too long, costs no other one its place', async () => {
    const audit = open();
    const circle: Record<string, unknown> = { kind: 'test.circle' };
    circle['self'] = circle;
    const [bad] = await Promise.allSettled([
      audit.append(circle as { kind: string }),
      audit.append({ kind: 'test.long', text: 'x'.repeat(200_000) }),
    ]);
    expect(bad.status).toBe('rejected');
    expect(records()).toMatchObject([{ kind: 'test.long', too_long: 200_030 }]);
  });

  it('SEC-243: 100,000 forgeries add a bounded number of lines, with the counts by reason', async () => {
    const audit = open();
    const seconds = 20;
    for (let at = 0; at < 100_000; at += 1) {
      audit.refused({ reason: at % 4 === 0 ? 'too_old' : 'bad_signature', commandRef: `forged-${at}` });
      monotonic += (seconds * 1_000) / 100_000;
      if (at % 10_000 === 0) fire();
    }
    audit.close();
    const found = records();
    expect(found.length).toBeLessThanOrEqual(seconds + 2);
    const total = (reason: string): number =>
      found.reduce((sum, record) => sum + ((record?.['counts'] as Record<string, number> | undefined)?.[reason] ?? 0), 0);
    expect([total('too_old'), total('bad_signature')]).toEqual([25_000, 75_000]);
    expect(readFileSync(current(), 'utf8')).not.toContain('forged-');
  });

  it('SEC-240, SEC-243: a refusal after the signature has its own line, up to a bound; the rest is counted', async () => {
    const audit = open();
    for (let at = 0; at < 1_000; at += 1) audit.refused({ reason: 'clock_rollback', commandRef: `r-${at}` });
    audit.close();
    const found = records();
    expect(found[0]).toMatchObject({ kind: 'command.refused', reason: 'clock_rollback', request_id: 'r-0' });
    expect(found.length).toBeLessThanOrEqual(102);
    const counted = found.flatMap(
      (record) => (record?.['counts'] as Record<string, number> | undefined)?.['clock_rollback'] ?? [],
    );
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(900);
  });
});
