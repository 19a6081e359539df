import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Hatch } from './hatch.ts';
import type { HatchOptions } from './hatch.ts';
import type { HostFacts } from './host-facts.ts';

const HOUR_MS = 3_600_000;
const OWN = process.geteuid?.() ?? -1;

describe('the files of the hatch', () => {
  let folder: string;
  let now: number;
  let up: number;
  let boot: string | undefined;
  let host: string;
  let hatch: Hatch;

  const facts: HostFacts = { now: () => now, uptime: () => up, hostId: () => host, bootId: () => boot };
  const make = (more: Partial<HatchOptions> = {}): Hatch =>
    new Hatch({ folder, agentUid: OWN, acceptSameUser: true, facts, ...more });
  const open = (): unknown => hatch.open({ by: 'root', why: 'maintenance', forMs: HOUR_MS });
  const why = (of: Hatch = hatch): string => {
    const state = of.state();
    return state.sealed ? state.why : 'open';
  };
  const edit = (change: (record: Record<string, unknown>) => unknown): void =>
    writeFileSync(
      hatch.record,
      JSON.stringify(change(JSON.parse(readFileSync(hatch.record, 'utf8')) as Record<string, unknown>)),
    );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hatch-'));
    [now, up, boot, host] = [Date.parse('2026-03-04T05:06:07.089Z'), 5_000, 'boot-1', 'host-1'];
    hatch = make();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('SEC-150 SEC-151 nothing there is closed, a folder that is not there too, and v1 closes the same way', () => {
    expect(why()).toBe('nobody has opened it');
    expect(why(make({ folder: '/nonexistent/state' }))).toBe('nobody has opened it');
    writeFileSync(hatch.mark, '2026-03-04T05:06:07+00:00');
    expect(why()).toBe('nobody has opened it');
  });

  it("is kept in v1's form both ways, whatever is done twice", () => {
    hatch.close();
    open();
    expect(hatch.state()).toMatchObject({ sealed: false, unsealedSince: '2026-03-04T05:06:07.089000+00:00' });
    expect([existsSync(hatch.flag), readFileSync(hatch.mark, 'utf8')]).toEqual([false, '2026-03-04T05:06:07.089000+00:00']);
    expect(statSync(hatch.record).mode & 0o777).toBe(0o644);
    for (const _ of [1, 2]) {
      hatch.close();
      expect(statSync(hatch.flag)).toMatchObject({ size: 0 });
      expect([existsSync(hatch.mark), existsSync(hatch.record), hatch.state().sealed]).toEqual([false, false, true]);
    }
  });

  it('closing replaces a link that leads nowhere, which v1 reads as open, and leaves a seal of any kind', () => {
    symlinkSync('/nonexistent/seal', hatch.flag);
    expect(hatch.state()).toMatchObject({ sealed: true, flagged: false });
    hatch.close();
    expect(lstatSync(hatch.flag).isFile()).toBe(true);
    rmSync(hatch.flag);
    mkdirSync(hatch.flag);
    hatch.close();
    expect(lstatSync(hatch.flag).isDirectory()).toBe(true);
  });

  it.each<[string, () => void, RegExp]>([
    ['the flag of v1 beside it', () => writeFileSync(hatch.flag, ''), /signoff\.sealed is there/u],
    ['removed', () => rmSync(hatch.record), /nobody/u],
    ['empty', () => writeFileSync(hatch.record, ''), /no record/u],
    ['torn', () => writeFileSync(hatch.record, readFileSync(hatch.record, 'utf8').slice(0, 90)), /no record/u],
    ['too long', () => writeFileSync(hatch.record, readFileSync(hatch.record, 'utf8') + ' '.repeat(5_000)), /too long/u],
    ['without an end', () => edit(({ expiresAt: _, ...rest }) => rest), /no record/u],
    ['with an end that is text', () => edit((record) => ({ ...record, expiresAt: '9999' })), /no record/u],
    ['for nine hours', () => edit((record) => ({ ...record, expiresAt: now + 9 * HOUR_MS })), /no record/u],
    ['for nine hours of the other clock', () => edit((record) => ({ ...record, expiresUptime: up + 9 * 3_600 })), /no record/u],
    ['of another host', () => void (host = 'host-2'), /another host/u],
    ['after a reboot', () => void (boot = 'boot-2'), /restarted/u],
    ['on a host that tells no boot', () => void (boot = undefined), /restarted/u],
    ['dated ahead', () => void (now -= 1), /future/u],
    ['ahead of the boot clock', () => void (up -= 1), /future/u],
    ['changeable by its group', () => chmodSync(hatch.record, 0o664), /changed by others/u],
    ['with a second name', () => linkSync(hatch.record, join(folder, 'second')), /another name/u],
    [
      'behind a link',
      () => {
        renameSync(hatch.record, join(folder, 'elsewhere'));
        symlinkSync('elsewhere', hatch.record);
      },
      /ELOOP/u,
    ],
    [
      'a folder',
      () => {
        rmSync(hatch.record);
        mkdirSync(hatch.record);
      },
      /no regular file/u,
    ],
  ])('SEC-151 SEC-154 a record %s is no proof', (_how, spoil, told) => {
    open();
    expect(why()).toBe('open');
    spoil();
    expect(why()).toMatch(told);
  });

  it("SEC-151 the agent's own user is no proof unless the file says so, another user never, root always", () => {
    open();
    expect(why(make({ acceptSameUser: false }))).toMatch(/own user/u);
    const isRoot = OWN === 0;
    expect(why(make({ agentUid: 12_345, acceptSameUser: false }))).toMatch(isRoot ? /^open$/u : /belongs to user/u);
  });

  it('SEC-152 it ends by whichever clock says so first, and never after eight hours', () => {
    open();
    now += HOUR_MS - 1;
    expect(why()).toBe('open');
    now += 1;
    expect(why()).toBe('its time has run out');
    now -= HOUR_MS / 2;
    up += 3_600;
    expect(why()).toBe('its time has run out');
    const opening = hatch.open({ by: 'root', why: '', forMs: 100 * HOUR_MS });
    expect(opening.expiresAt - opening.openedAt).toBe(8 * HOUR_MS);
  });

  it.each(['2026-03-04T05:06:07', 'yesterday', '2026-13-04T05:06:07Z', ''])('G10 the mark %j is an unknown age', (mark) => {
    open();
    writeFileSync(hatch.mark, mark);
    expect(hatch.state()).toMatchObject({ sealed: false, unsealedSince: null });
  });
});
