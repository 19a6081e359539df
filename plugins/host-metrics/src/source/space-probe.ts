import { statfs } from 'node:fs/promises';
import type { BlockCounts } from '../measure/space.ts';

/** Answers with the block counts of the file system at a path, or rejects. */
export type Statfs = (path: string) => Promise<BlockCounts>;

export type Probe =
  | { readonly kind: 'answered'; readonly counts: BlockCounts }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'unresponsive' };

const DEADLINE_MS = 500;
/** A call that hangs keeps a thread of the pool, which has four for the whole agent: half of them at most. */
const MAX_HANGING = 2;

/** Asks file systems for their size, never waiting long for one, and never asking one again that has not answered yet. */
export class SpaceProbe {
  readonly #hanging = new Set<string>();
  readonly #statfs: Statfs;
  readonly #deadlineMs: number;

  constructor(call: Statfs = nodeStatfs, deadlineMs = DEADLINE_MS) {
    this.#statfs = call;
    this.#deadlineMs = deadlineMs;
  }

  /** Never rejects. `always`: ask although too many others hang. */
  async ask(path: string, always = false): Promise<Probe> {
    if (this.#hanging.has(path) || (!always && this.#hanging.size >= MAX_HANGING)) return { kind: 'unresponsive' };
    this.#hanging.add(path);
    const answer = this.#answer(path);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Probe>((resolve) => {
      // Most answer at once, and a timer wakes an idle host later although it was cleared: the long one is for the others.
      timer = setTimeout(() => {
        timer = setTimeout(resolve, this.#deadlineMs, { kind: 'unresponsive' });
      }, 1);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(path: string): Promise<Probe> {
    try {
      return { kind: 'answered', counts: await this.#statfs(path) };
    } catch (error) {
      return { kind: 'failed', code: error instanceof Error && 'code' in error ? String(error.code) : String(error) };
    } finally {
      this.#hanging.delete(path);
    }
  }
}

/** Blocks are counted in the fragment size, which Node tells from version 26 on; on local file systems it equals the block size. */
async function nodeStatfs(path: string): Promise<BlockCounts> {
  const stats: Awaited<ReturnType<typeof statfs>> & { readonly frsize?: number } = await statfs(path);
  const blockBytes = stats.frsize === undefined || stats.frsize === 0 ? stats.bsize : stats.frsize;
  return { blockBytes, blocks: stats.blocks, free: stats.bfree, available: stats.bavail };
}
