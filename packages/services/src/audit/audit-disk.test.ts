import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAuditLog } from './audit-log.ts';
import { verifyAuditLog } from './verify-audit.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A file system of 512 KiB of its own; only root may have one, and not everywhere. */
function mount(folder: string): boolean {
  return process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder]).status === 0;
}

describe('an audit log on a real disk that is full', () => {
  let root: string;
  let mounted: boolean;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'audit-disk-'));
    mounted = mount(root);
  });
  afterAll(() => {
    if (mounted) spawnSync('umount', ['-l', root]);
    rmSync(root, { recursive: true, force: true });
  });

  it('SEC-240, SEC-184: refuses, loses nothing, and takes entries again once there is room', async ({ skip }) => {
    if (!mounted) skip('only root can mount a small file system; audit-log.test.ts has the case without');
    const folder = join(root, 'audit');
    const clock = { now: () => 0, monotonic: () => 0, after: () => () => undefined };
    const log = openAuditLog({ folder, clock, logger: SILENT });
    writeFileSync(join(root, 'ballast'), Buffer.alloc(400 * 1024));
    let taken = 0;
    const fill = async (): Promise<unknown> => {
      for (; ; taken += 1) await log.append({ kind: 'test.entry', text: 'x'.repeat(3_000) });
    };
    await expect(fill()).rejects.toMatchObject({ code: 'E_AUDIT_WRITE' });
    await expect(log.append({ kind: 'test.refused', text: 'x'.repeat(3_000) })).rejects.toMatchObject({ code: 'E_AUDIT_WRITE' });
    expect(taken).toBeGreaterThan(5);
    rmSync(join(root, 'ballast'));
    await log.append({ kind: 'test.after' });
    expect(verifyAuditLog(folder)).toMatchObject({ records: taken + 1, unfinished: false });
    expect(verifyAuditLog(folder).fault).toBeUndefined();
    log.close();
  });
});
