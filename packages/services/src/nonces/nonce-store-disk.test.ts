import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from '../../test-support/acceptance.ts';
import { openNonceStore } from './open-nonce-store.ts';

/** A file system of 512 KiB of its own; only root may have one, and not everywhere. */
function mount(folder: string): boolean {
  return process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder]).status === 0;
}

describe('a nonce store on a real disk that is full', () => {
  let folder: string;
  let mounted: boolean;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nonces-disk-'));
    mounted = mount(folder);
  });
  afterAll(() => {
    // Lazily: libsql keeps a closed database's file open until its statements are collected.
    if (mounted) spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('SEC-066 refuses, forgets nothing, and takes commands again once there is room', async ({ skip }) => {
    if (!mounted) skip('only root can mount a small file system; nonce-store-faults.test.ts has the case without');
    let nowMs = Date.UTC(2026, 0, 1);
    const logged: string[] = [];
    const error = (fields: object | string): void => void logged.push(String((fields as { readonly err?: Error }).err?.message));
    const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error };
    const store = openNonceStore({ path: join(folder, 'stormpulse.db'), clock: { now: () => nowMs }, maxAgeSeconds: 60, logger });
    nowMs += 10_000;
    const claim = (nonce: string): ReturnType<typeof store.claim> =>
      store.claim(nonce, BigInt(nowMs) * 1_000n, nowMs, accepted(nonce));
    expect(await claim('before')).toBeUndefined();
    const filler = join(folder, 'filler');
    const filled = spawnSync('/bin/dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
    expect(String(filled.stderr)).toContain('No space left');

    const answers: unknown[] = [];
    for (let at = 0; at < 500 && !answers.includes('nonce_store_fault'); at += 1) answers.push(await claim(`n${at}`));
    expect(answers.at(-1)).toBe('nonce_store_fault');
    expect(logged.join('\n')).toMatch(/stormpulse\.db: .*free some space/u);
    expect(await claim('before')).not.toBeUndefined();

    writeFileSync(filler, '');
    expect(await claim(`n${answers.length - 1}`)).toBeUndefined();
    expect(await claim('before')).toBe('replayed_nonce');
    store.close();
  });
});
