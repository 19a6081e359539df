import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@stormpulse/plugin-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJobStore } from './job-store.ts';
import type { JobStore, KeptJob } from './job-store.ts';

const JOB: KeptJob = { requestId: 'r1', command: 'garage_clear', group: 'garage', sequenceId: null, spec: '[]' };
const RESUMABLE: KeptJob = { ...JOB, requestId: 'r0', params: { bucket: 'line\nbreak\u0000' }, sequenceId: 's1' };

let folder: string;
let path: string;
let errors: string[];
let stores: JobStore[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'job-store-'));
  path = join(folder, 'pulse.db.jobs');
  errors = [];
  stores = [];
});
afterEach(() => {
  stores.forEach((store) => store.close());
  rmSync(folder, { recursive: true });
});
const open = (): JobStore => {
  const nothing = (): void => undefined;
  const logger: Logger = { debug: nothing, info: nothing, warn: nothing, error: (_, text) => void errors.push(String(text)) };
  const store = openJobStore({ path, logger });
  stores.push(store);
  return store;
};

describe('openJobStore', () => {
  it('makes no file on a host without jobs', () => {
    const store = open();
    expect(store.all()).toEqual([]);
    store.close();
    expect(existsSync(path)).toBe(false);
  });

  it('gives back what it was given, in order, to whoever opens it next; only its owner reads the file', () => {
    const store = open();
    store.add(JOB);
    store.add(RESUMABLE);
    store.save('r0', '{"page":3}');
    store.save('r0', '{"page":4}');
    store.save('unknown', '{}');
    expect(open().all()).toEqual([JOB, { ...RESUMABLE, checkpoint: '{"page":4}' }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    store.forget('r1');
    store.close();
    store.forget('r0');
    expect(open().all()).toEqual([]);
  });

  it('moves a damaged file aside, says so, and begins anew', () => {
    writeFileSync(path, 'this is no database, and long enough to be taken for one\n'.repeat(100));
    const store = open();
    expect(store.all()).toEqual([]);
    store.add(JOB);
    expect(store.all()).toEqual([JOB]);
    expect(errors).toEqual([expect.stringContaining('moved aside')]);
    expect(readdirSync(folder).some((name) => name.includes('.corrupt-'))).toBe(true);
  });
});
