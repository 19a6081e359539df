import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentError } from '@stormpulse/plugin-api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScratchHost } from '../test-support/scratch-host.ts';
import { alone, applyPlan, recover } from './engine.ts';
import { journalPath } from './journal.ts';
import type { Plan, SetupStep } from './plan.ts';
import { previewPlans } from './preview.ts';

const TOML = '# mine\n[agent]\npulse_token = "s3cret-of-before"\n';

let scratch: ScratchHost;
beforeEach(() => {
  scratch = new ScratchHost();
  scratch.write('etc/stormpulse.toml', TOML);
});
afterEach(() => scratch.close());

const section: SetupStep = { kind: 'config-section', section: 'acme_gate', values: { url: 'http://127.0.0.1:1' } };
const file = (content = 'new\n'): SetupStep => ({
  kind: 'write-file',
  path: scratch.path('etc/files/acme/rule') as `/${string}`,
  content,
  mode: 0o640,
});
const planOf = (...steps: SetupStep[]): Plan => ({ plugin: 'acme-gate', title: 'The gate', steps });
const apply = (...steps: SetupStep[]) => applyPlan(planOf(...steps), scratch.host);

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    return `not refused: ${JSON.stringify(await work)}`;
  } catch (error) {
    if (isAgentError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe('a plan', () => {
  it('W23: is carried out in its order, the mode of the file kept; what is left is a receipt', async () => {
    const outcome = await apply(
      section,
      file(),
      { kind: 'enable-unit', unit: 'acme.service' },
      { kind: 'verify', probe: 'answers' },
    );
    expect(outcome).toMatchObject({ status: 'committed', failures: [] });
    expect(scratch.read('etc/stormpulse.toml')).toBe(`${TOML}[acme_gate]\nurl = "http://127.0.0.1:1"\n`);
    expect(scratch.mode('etc/stormpulse.toml')).toBe('600');
    expect([scratch.read('etc/files/acme/rule'), scratch.mode('etc/files/acme/rule')]).toEqual(['new\n', '640']);
    expect(scratch.units.get('acme.service')).toEqual({ enabled: true, active: true });
    expect(scratch.left).toEqual(['receipts.jsonl']);
    expect(JSON.parse(scratch.read('etc/setup/receipts.jsonl'))).toMatchObject({ status: 'committed', plugin: 'acme-gate' });
  });

  it('that finds everything as it should be changes nothing, and writes no journal', async () => {
    await apply(file(), { kind: 'enable-unit', unit: 'acme.service' });
    const before = scratch.files;
    expect(await apply(file(), { kind: 'enable-unit', unit: 'acme.service' })).toMatchObject({ status: 'unchanged' });
    expect(scratch.files).toEqual(before);
    expect(scratch.read('etc/setup/receipts.jsonl').trim().split('\n')).toHaveLength(1);
  });

  it('W18: without steps touches nothing, not even a lock', async () => {
    expect(await apply()).toMatchObject({ status: 'unchanged' });
    expect(existsSync(scratch.path('etc/setup'))).toBe(false);
  });

  it.each<[string, SetupStep, string]>([
    ['a probe that is not well', { kind: 'verify', probe: 'answers' }, 'answers is not well'],
    ['a program that fails', { kind: 'run', file: '/bin/acme', argv: ['on'], undo: ['off'] }, '/bin/acme ended with 3: no'],
    ['a unit that does not stay', { kind: 'enable-unit', unit: 'acme.service' }, 'acme.service does not run'],
    ['a path that cannot be', { kind: 'write-file', path: '/proc/version/x', content: '', mode: 0o600 }, '/proc/version'],
  ])('W19: %s takes back what was done before it', async (_, step, says) => {
    const before = scratch.files;
    for (const word of ['answers', 'on', 'acme.service']) scratch.failing.add(word);
    const outcome = await apply(section, file(), step);
    expect(outcome).toMatchObject({ status: 'rolled_back', failures: [expect.stringContaining(says)] });
    expect(scratch.files).toEqual(before);
    expect(scratch.left).toEqual(['receipts.jsonl']);
    expect(scratch.units.get('acme.service')?.enabled ?? false).toBe(false);
  });

  it('a file that would not be right any more is taken back', async () => {
    scratch.checkProblem = 'agent.id: is missing';
    const before = scratch.files;
    expect(await apply(section)).toMatchObject({ status: 'rolled_back', failures: ['agent.id: is missing'] });
    expect(scratch.files).toEqual(before);
  });

  it('W20: what cannot be taken back is told, the journal stays, and the rest is taken back', async () => {
    scratch.failing.add('off').add('answers');
    const { status, failures } = await apply(section, { kind: 'run', file: '/bin/acme', argv: ['on'], undo: ['off'] }, file(), {
      kind: 'verify',
      probe: 'answers',
    });
    expect(status).toBe('partial_rollback');
    expect(failures).toEqual([
      expect.stringContaining('answers is not well'),
      expect.stringContaining('could not be taken back: /bin/acme'),
    ]);
    expect(scratch.read('etc/stormpulse.toml')).toBe(TOML);
    expect(existsSync(scratch.path('etc/files'))).toBe(false);
    expect(existsSync(journalPath(scratch.path('etc/setup')))).toBe(true);
    scratch.failing.clear();
    expect(await recover(scratch.host)).toMatchObject({ status: 'rolled_back' });
    expect(scratch.left).toEqual(['receipts.jsonl']);
  });

  it('what is moved is what was there then, and is moved back; where a name is taken, nothing is', async () => {
    const [from, to] = [scratch.path('etc/from'), scratch.path('etc/to')];
    const move: SetupStep = { kind: 'move-entries', from, to, except: ['kept'] };
    mkdirSync(join(from, 'folder'), { recursive: true });
    mkdirSync(to);
    for (const name of ['from/a', 'from/folder/b', 'from/kept', 'to/there']) scratch.write(`etc/${name}`, name);
    const before = scratch.files;
    scratch.failing.add('answers');
    expect(await apply(move, { kind: 'verify', probe: 'answers' })).toMatchObject({ status: 'rolled_back' });
    expect(scratch.files).toEqual(before);
    scratch.failing.clear();
    expect(await apply(move)).toMatchObject({ status: 'committed' });
    expect([readdirSync(from), readdirSync(to).toSorted()]).toEqual([['kept'], ['a', 'folder', 'there']]);
    expect(await apply(move)).toMatchObject({ status: 'unchanged' });
    scratch.write('etc/from/there', 'another');
    expect(await apply(move)).toMatchObject({
      status: 'rolled_back',
      failures: [expect.stringContaining('etc/to/there is there already')],
    });
    expect(scratch.read('etc/to/there')).toBe('to/there');
  });

  it('moving back that was cut off is ended, and touches nothing that has the names since', async () => {
    const [from, to] = [scratch.path('etc/from'), scratch.path('etc/to')];
    mkdirSync(from);
    mkdirSync(to);
    for (const name of ['from/a', 'to/b']) scratch.write(`etc/${name}`, name);
    const intent = { kind: 'move-entries', from, to, names: ['a', 'b'] };
    const cutOff = (): void => {
      mkdirSync(scratch.path('etc/setup'), { recursive: true, mode: 0o700 });
      const lines = [{ version: 1, plugin: 'x', title: 'y' }, { intent }].map((line) => `${JSON.stringify(line)}\n`);
      writeFileSync(journalPath(scratch.path('etc/setup')), lines.join(''), { mode: 0o600 });
    };
    cutOff();
    expect(await recover(scratch.host)).toMatchObject({ status: 'rolled_back' });
    expect([readdirSync(from).toSorted(), readdirSync(to)]).toEqual([['a', 'b'], []]);
    // The folder it came from was made by the same plan, and is gone already.
    rmSync(from, { recursive: true });
    scratch.write('etc/to/a', 'theirs');
    cutOff();
    expect(await recover(scratch.host)).toMatchObject({ status: 'rolled_back' });
    expect(scratch.read('etc/to/a')).toBe('theirs');
  });

  it('an abort takes back what was begun', async () => {
    const abort = new AbortController();
    const host = { ...scratch.host, signal: abort.signal, told: () => abort.abort(new Error('Ctrl-C')) };
    const before = scratch.files;
    expect(await applyPlan(planOf(section, file()), host)).toMatchObject({ status: 'rolled_back' });
    expect(scratch.files).toEqual(before);
  });

  it('SEC-181: nothing of what a file held or will hold is in the journal', async () => {
    scratch.failing.add('off').add('answers');
    await apply(
      section,
      file('a pass phrase\n'),
      { kind: 'run', file: '/bin/acme', argv: ['on'], undo: ['off'] },
      { kind: 'verify', probe: 'answers' },
    );
    const journal = readFileSync(journalPath(scratch.path('etc/setup')), 'utf8');
    expect(journal).not.toMatch(/s3cret-of-before|pass phrase|127\.0\.0\.1/u);
    for (const secret of ['s3cret-of-before', 'a pass phrase'])
      expect(journal).not.toContain(Buffer.from(secret).toString('base64').slice(0, 12));
  });
});

describe('what an earlier run left', () => {
  /** A run that ended between the journal and the step after it, or later. */
  const cutOff = async (...steps: SetupStep[]): Promise<void> => {
    const host = {
      ...scratch.host,
      units: {
        ...scratch.host.units,
        start: () => Promise.reject(new Error('gone')),
        restore: () => Promise.reject(new Error('gone')),
      },
    };
    await applyPlan(planOf(...steps, { kind: 'enable-unit', unit: 'acme.service' }), host);
  };

  it('W22: is never overwritten: the next plan is refused until it is taken back', async () => {
    await cutOff();
    const journal = scratch.read('etc/setup/journal.jsonl');
    expect(await refusal(apply(file()))).toMatch(/^E_WIZARD_PENDING: .*stormpulse doctor --recover/u);
    await expect(alone(scratch.host, () => Promise.reject(new Error('it ran')))).rejects.toMatchObject({
      code: 'E_WIZARD_PENDING',
    });
    expect(scratch.read('etc/setup/journal.jsonl')).toBe(journal);
    await recover(scratch.host);
    expect(await apply(file())).toMatchObject({ status: 'committed' });
  });

  it('a journal that cannot be read is not nothing', async () => {
    await cutOff();
    const path = journalPath(scratch.path('etc/setup'));
    writeFileSync(path, `{"version":1,"plugin":"x","title":"y"}\n{"intent":{"kind":"put","path":"relative"}}\n`);
    expect(await refusal(apply(file()))).toMatch(/^E_WIZARD_JOURNAL: .*is damaged in line 2/u);
    expect(await refusal(recover(scratch.host))).toContain('E_WIZARD_JOURNAL');
    chmodSync(path, 0o666);
    expect(await refusal(apply(file()))).toContain('could have been written by somebody else');
  });

  it('a folder that somebody else had made before is not taken away, whatever the journal says', async () => {
    const path = scratch.path('etc/theirs');
    mkdirSync(path);
    writeFileSync(join(path, 'x'), 'theirs');
    const intent = { kind: 'make-folder', path, contents: 'ours', since: Date.now() + 60_000 };
    mkdirSync(scratch.path('etc/setup'), { mode: 0o700 });
    writeFileSync(
      journalPath(scratch.path('etc/setup')),
      `${JSON.stringify({ version: 1, plugin: 'x', title: 'y' })}\n${JSON.stringify({ intent })}\n`,
      { mode: 0o600 },
    );
    expect(await recover(scratch.host)).toMatchObject({ status: 'rolled_back' });
    expect(scratch.read('etc/theirs/x')).toBe('theirs');
  });

  it('a line that was cut off was never begun', async () => {
    await cutOff();
    const path = journalPath(scratch.path('etc/setup'));
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"intent":{"kind":"put","pa`);
    expect(await recover(scratch.host)).toMatchObject({ status: 'rolled_back' });
  });

  it('a file that somebody changed since is left to them', async () => {
    const host = scratch.host;
    const change = () => {
      scratch.write('etc/stormpulse.toml', 'theirs\n');
      throw new Error('later');
    };
    const outcome = await applyPlan(planOf(section, { kind: 'enable-unit', unit: 'a.service' }), {
      ...host,
      units: { ...host.units, start: change },
    });
    expect(outcome).toMatchObject({
      status: 'partial_rollback',
      failures: [expect.anything(), expect.stringContaining('was changed since')],
    });
    expect(scratch.read('etc/stormpulse.toml')).toBe('theirs\n');
  });

  it('the lock of a process that is gone holds nothing, that of a living one is waited for', async () => {
    await apply(file());
    symlinkSync('1234 an earlier run', scratch.path('etc/setup/lock'));
    expect(await apply(file('other\n'))).toMatchObject({ status: 'committed' });
    expect(scratch.left).toEqual(['receipts.jsonl']);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = { ...scratch.host, check: () => held.then(() => undefined) };
    const first = applyPlan(planOf(file('first\n')), slow);
    const second = apply(file('second\n'));
    release();
    expect(await first).toMatchObject({ status: 'committed' });
    expect(await second).toMatchObject({ status: 'committed', failures: [] });
    expect(scratch.read('etc/files/acme/rule')).toBe('second\n');
  });

  it('what a process that is gone wrote to take the lock is swept by the next set-up, what a living one wrote stays', async () => {
    await apply(file());
    const claim = (name: string, holder: string): void => symlinkSync(holder, scratch.path(`etc/setup/${name}`));
    claim('lock.0123456789ab', '1234 an earlier run');
    claim('lock.0123456789ac', `${process.pid} this run`);
    claim('lock.of-somebody', '1234 an earlier run');
    await apply(file('other\n'));
    expect(scratch.left).toEqual(['lock.0123456789ac', 'lock.of-somebody', 'receipts.jsonl']);
  });

  it('whoever waited for a work that took the folder away is told, and changes nothing', async () => {
    const removed = alone(scratch.host, async () => {
      const waiting = apply(file());
      await vi.waitFor(() => expect(scratch.left.filter((name) => name.startsWith('lock.'))).toHaveLength(2));
      rmSync(scratch.path('etc/setup'), { recursive: true });
      return { waiting };
    });
    expect(await refusal((await removed).waiting)).toMatch(/^E_WIZARD_GONE: .*enroll first/u);
    expect(existsSync(scratch.path('etc/files'))).toBe(false);
    expect(existsSync(scratch.path('etc/setup'))).toBe(false);
  });
});

describe('a preview', () => {
  it('shows what would change, secrets as dots, and changes nothing', () => {
    const before = scratch.files;
    const steps: SetupStep[] = [{ kind: 'config-section', section: 'acme', values: { token: 'hunter2' } }, file(), section];
    expect(previewPlans([planOf(...steps)], scratch.host, ['hunter2'])).toEqual([
      'write [acme]',
      '  @@ line 4',
      '  + [acme]',
      '  + token = "••••••"',
      `write ${scratch.path('etc/files/acme/rule')} (0640)`,
      '  @@ line 1',
      '  + new',
      'write [acme_gate]',
      '  @@ line 6',
      '  + [acme_gate]',
      '  + url = "http://127.0.0.1:1"',
    ]);
    expect(scratch.files).toEqual(before);
  });

  it('of a file that is shipped shows what sets it apart', () => {
    const step: SetupStep = { kind: 'write-file', path: '/nowhere/x.service', content: 'a\nc\n', shipped: 'a\nb\n', mode: 0o644 };
    expect(previewPlans([planOf(step)], scratch.host)).toEqual([
      'write /nowhere/x.service (0644): as the one it is made of, but for',
      '  @@ line 2',
      '  - b',
      '  + c',
    ]);
  });

  it('does not follow a link', async () => {
    symlinkSync('/etc/hostname', scratch.path('etc/link'));
    const step: SetupStep = { kind: 'write-file', path: scratch.path('etc/link') as `/${string}`, content: '', mode: 0o600 };
    expect(await apply(step)).toMatchObject({ status: 'rolled_back', failures: [expect.stringContaining('is no regular file')] });
  });
});
