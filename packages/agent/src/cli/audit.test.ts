import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAuditLog } from '@stormpulse/services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { auditFolder } from '../host/state-paths.ts';
import { showAudit, verifyAudit } from './audit.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('stormpulse audit', () => {
  let host: HostFolder;
  let folder: string;
  let path: string;
  let head: string;
  let nowMs: number;

  beforeEach(async () => {
    host = new HostFolder();
    host.writeConfig();
    folder = auditFolder(host.path('stormpulse.db'));
    path = join(folder, 'audit.jsonl');
    nowMs = Date.UTC(2026, 2, 4, 5, 0, 0);
    const clock = { now: () => nowMs, monotonic: () => 0, after: () => () => undefined };
    const log = openAuditLog({ folder, clock, logger: SILENT });
    await log.append({ kind: 'agent.started', version: '1.0.0' });
    for (let at = 1; at <= 30; at += 1) {
      nowMs += 60_000;
      await log.append({ kind: at % 2 === 0 ? 'command.accepted' : 'command.finished', at, note: 'two\nlines\u001b[31m' });
    }
    head = `${log.head?.seq}:${log.head?.hash}`;
    log.close();
  });
  afterEach(() => host.close());

  const verify = (options: { head?: string } = {}) => verifyAudit(host.config, { json: false, ...options });
  const show = (options: { n?: string; since?: string; kind?: string; json?: boolean } = {}) =>
    showAudit(host.config, { n: '20', json: false, ...options });

  it('verify says how many records there are, and their head', () => {
    const { ok, text } = verify({ head });
    expect(ok).toBe(true);
    expect(text.split('\n')).toEqual([`${folder}: 31 records (1 to 31) in 1 file, each as it was written`, `head ${head}`]);
  });

  it('SEC-241: verify names the first bad record by file, line and number, and what is wrong', () => {
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, lines.with(4, (lines[4] ?? '').replace('"at":4', '"at":5')).join('\n'));
    const { ok, text } = verify();
    expect(ok).toBe(false);
    expect(text).toContain(
      `${path}:5: edited: record 5 was edited: its hash does not fit what it says\nGood before it: 1 to 4, head 4:`,
    );
    writeFileSync(
      path,
      lines
        .slice(0, 20)
        .map((line) => `${line}\n`)
        .join(''),
    );
    expect(verify().ok).toBe(true);
    expect(verify({ head })).toMatchObject({
      ok: false,
      text: expect.stringContaining(':21: truncated: the log ends at record 20; it had 31'),
    });
    const json = JSON.parse(verifyAudit(host.config, { json: true, head }).text) as object;
    expect(json).toMatchObject({
      ok: false,
      folder,
      records: 20,
      fault: { file: path, line: 21, seq: 21, problem: 'truncated' },
    });
  });

  it('show gives the newest last, one line each, fit for a terminal', () => {
    const lines = show({ n: '2' });
    expect(lines).toEqual([
      '2026-03-04T05:29:00.000Z  #30  command.finished  at=29  note=two lines [31m',
      '2026-03-04T05:30:00.000Z  #31  command.accepted  at=30  note=two lines [31m',
    ]);
    expect(show()).toHaveLength(20);
    expect(show({ kind: 'agent.' })).toEqual(['2026-03-04T05:00:00.000Z  #1  agent.started  version=1.0.0']);
    expect(show({ since: '2026-03-04T05:29:30Z' })).toHaveLength(1);
    expect(JSON.parse(show({ n: '1', json: true })[0] ?? '')).toMatchObject({ seq: 31, kind: 'command.accepted', at: 30 });
  });

  it('says what it cannot do', () => {
    expect(() => verify({ head: '12' })).toThrow(/--head 12: expected SEQ:HASH/u);
    expect(() => show({ n: 'many' })).toThrow(/-n many: expected a number of lines/u);
    expect(() => show({ since: 'yesterday' })).toThrow(/--since yesterday: expected a time/u);
    rmSync(folder, { recursive: true });
    expect(() => verify()).toThrow(/audit is not there: no agent has run with/u);
    mkdirSync(folder);
    expect(verify().text).toBe(`${folder}: no record yet`);
    expect(readdirSync(folder)).toEqual([]);
  });
});
