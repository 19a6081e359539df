import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

/** Which third-party code the agent's own event loop is in, on disk (D11). */
export interface LoopMark {
  /** Runs a function of a plugin; what it answers later is marked as open until then. */
  within<T>(plugin: string, work: () => T): T;
  close(): void;
}

/** What was on disk when the agent ended; `in`: its loop was in that plugin's code. `open`: calls of these had not answered. */
export interface LastLoopMark {
  readonly in?: string;
  readonly open: readonly string[];
}

const BYTES = 256;
const FRESH = constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW;

/**
 * Opens the mark of this run: one small write to a descriptor that stays open, at each entry and exit. The page cache outlives a
 * process that the service manager kills, so nothing is synced.
 */
export function openLoopMark(file: string): LoopMark {
  const fd = openSync(file, FRESH, 0o600);
  const inside: string[] = [];
  const open = new Map<string, number>();
  const write = (): void => {
    const text = `${inside.at(-1) ?? '-'} ${[...open.keys()].join(',')}`.slice(0, BYTES - 1);
    writeSync(fd, `${text.padEnd(BYTES - 1)}\n`, 0, 'latin1');
  };
  const count = (plugin: string, by: number): void => {
    const now = (open.get(plugin) ?? 0) + by;
    if (now > 0) open.set(plugin, now);
    else open.delete(plugin);
  };
  let isClosed = false;
  write();
  return {
    within(plugin, work) {
      if (isClosed) return work();
      inside.push(plugin);
      write();
      let answer: ReturnType<typeof work>;
      try {
        answer = work();
      } catch (error) {
        inside.pop();
        write();
        throw error;
      }
      inside.pop();
      if (answer instanceof Promise) {
        count(plugin, 1);
        const done = (): void => {
          count(plugin, -1);
          if (!isClosed) write();
        };
        answer.finally(done).catch(() => undefined);
      }
      write();
      return answer;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      inside.length = 0;
      open.clear();
      write();
      closeSync(fd);
    },
  };
}

/** What the run before left; nothing when it ended in order, or left nothing. Read before the mark is opened anew. */
export function readLoopMark(file: string): LastLoopMark {
  const [inside = '-', open = ''] = textOf(file).split('\n', 1)[0]?.trim().split(' ') ?? [];
  const names = open.split(',').filter((name) => NAME.test(name));
  return NAME.test(inside) ? { in: inside, open: names } : { open: names };
}

const NAME = /^[a-z][a-z0-9-]{1,31}$/u;

function textOf(file: string): string {
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const bytes = Buffer.alloc(BYTES);
      return bytes.toString('latin1', 0, readSync(fd, bytes, 0, BYTES, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
