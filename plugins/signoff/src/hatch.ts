import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { THIS_HOST } from './host-facts.ts';
import type { HostFacts } from './host-facts.ts';
import { MAX_OPEN_MS, readOpening } from './opening.ts';
import type { Opening, OpeningRules } from './opening.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY, O_RDONLY, O_DIRECTORY } = constants;

/** How the hatch of a host stands. */
export type HatchState =
  | {
      readonly sealed: true;
      /** In words that follow "closed:". */
      readonly why: string;
      /** v1 would say so, too: its flag is there. */
      readonly flagged: boolean;
    }
  | {
      readonly sealed: false;
      readonly opening: Opening;
      /** v1's mark of the time; null when it is lost, or does not say in which zone. */
      readonly unsealedSince: string | null;
    };

export interface HatchOptions extends OpeningRules {
  /** Where the agent's database is. */
  readonly folder: string;
  readonly facts?: HostFacts;
}

/** A time with its zone, as v1 writes it. */
const MARK = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$/u;

/** The files that say whether the hatch is open: v1's flag and mark (wire page, 9.2), and the proof without which it is closed. */
export class Hatch {
  readonly flag: string;
  readonly mark: string;
  readonly record: string;
  readonly #options: HatchOptions;
  readonly #facts: HostFacts;

  constructor(options: HatchOptions) {
    this.#options = options;
    this.#facts = options.facts ?? THIS_HOST;
    this.flag = join(options.folder, 'signoff.sealed');
    this.mark = join(options.folder, 'signoff.unsealed_at');
    this.record = join(options.folder, 'signoff.opening.json');
  }

  /** As the files say now; never throws, and doubt is closed. */
  state(): HatchState {
    // Of any kind, a link that leads nowhere as well: whoever put it there meant to close.
    const flag = lstatOf(this.flag);
    if (flag !== 'absent') return { sealed: true, why: `${this.flag} is there`, flagged: existsSync(this.flag) };
    const found = readOpening(this.record, this.#options, this.#facts);
    if ('closed' in found) return { sealed: true, why: found.closed, flagged: false };
    return { sealed: false, opening: found, unsealedSince: this.#unsealedSince() };
  }

  /** Opens for `forMs`, on disk when it returns; whoever calls it has asked the operator. Throws what the file system says. */
  open({ by, why, forMs }: { readonly by: string; readonly why: string; readonly forMs: number }): Opening {
    const { now, uptime, hostId, bootId } = this.#facts;
    const ms = Math.min(forMs, MAX_OPEN_MS);
    const [openedAt, openedUptime] = [Math.trunc(now()), Math.trunc(uptime())];
    const opening: Opening = {
      id: randomUUID(),
      host: hostId(),
      boot: bootId() ?? '',
      openedAt,
      expiresAt: openedAt + ms,
      openedUptime,
      expiresUptime: openedUptime + ms / 1_000,
      by,
      why,
    };
    // The flag goes last: until then it is closed, whatever happens.
    replace(this.record, `${JSON.stringify(opening)}\n`, 0o644);
    replace(this.mark, new Date(openedAt).toISOString().replace('Z', '000+00:00'), 0o640);
    rmSync(this.flag, { force: true });
    syncFolder(this.#options.folder);
    return opening;
  }

  /** Closes, on disk when it returns, for v1 as well, which reads a missing flag as open. Throws what the file system says. */
  close(): void {
    const { folder } = this.#options;
    if (!existsSync(this.flag)) {
      rmSync(this.flag, { force: true });
      closeSync(openSync(this.flag, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o640));
      syncFolder(folder);
    }
    rmSync(this.mark, { force: true });
    rmSync(this.record, { force: true });
    syncFolder(folder);
  }

  #unsealedSince(): string | null {
    try {
      const text = readFileSync(this.mark, 'utf8').slice(0, 64).trim();
      return MARK.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
    } catch {
      return null;
    }
  }
}

function lstatOf(path: string): 'present' | 'absent' {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined ? 'absent' : 'present';
  } catch {
    return 'present';
  }
}

function replace(path: string, content: string, mode: number): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const descriptor = openSync(temporary, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, mode);
  try {
    fchmodSync(descriptor, mode);
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
