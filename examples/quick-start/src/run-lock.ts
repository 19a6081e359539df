import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './until.ts';

/** A process, told from a later one with the same number by when it began (clock ticks since boot). */
export interface ProcessMark {
  readonly pid: number;
  readonly began: string;
}

/** Keeps a second start away from a state folder in use: two hubs over one database, two agents with one name. */
export interface RunLock {
  /** Remembers a child, so that the start after a crash finds it. */
  note(pid: number): Promise<void>;
  release(): Promise<void>;
}

interface LockFile {
  readonly owner: ProcessMark;
  readonly children: readonly ProcessMark[];
}

const TERM_MS = 15_000;

/**
 * Takes the folder for this process. Ends what a crashed start left running there, saying so through `say`.
 * Throws a sentence when a live start has it.
 */
export async function takeRunLock(root: string, say: (text: string) => void): Promise<RunLock> {
  const path = join(root, 'running.json');
  const earlier = await readLock(path);
  if (earlier !== undefined) {
    if (await isAlive(earlier.owner)) {
      throw new Error(
        `process ${earlier.owner.pid} already runs over ${root}; stop it with Ctrl-C in its terminal (or: kill ${earlier.owner.pid}), or choose another folder with --state DIR`,
      );
    }
    for (const child of earlier.children) await endLeftover(child, say);
    await rm(path, { force: true });
  }
  let file: LockFile = { owner: await markOf(process.pid), children: [] };
  await writeFile(path, JSON.stringify(file), { flag: 'wx', mode: 0o600 });
  return {
    note: async (pid) => {
      file = { ...file, children: [...file.children, await markOf(pid)] };
      await writeFile(path, JSON.stringify(file));
    },
    release: () => rm(path, { force: true }),
  };
}

async function endLeftover(child: ProcessMark, say: (text: string) => void): Promise<void> {
  if (!(await isAlive(child))) return;
  say(`An earlier start ended without stopping process ${child.pid}; stopping it now.`);
  process.kill(child.pid, 'SIGTERM');
  const gone = async (): Promise<true | undefined> => ((await isAlive(child)) ? undefined : true);
  await until('its end', TERM_MS, gone).catch(async () => {
    process.kill(child.pid, 'SIGKILL');
    await until(`the end of process ${child.pid}`, TERM_MS, gone);
  });
}

/** A half-written file counts as none: its owner did not live to start anything. */
async function readLock(path: string): Promise<LockFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const none: LockFile = { owner: { pid: -1, began: '' }, children: [] };
  try {
    return { ...none, ...(JSON.parse(text) as Partial<LockFile>) };
  } catch (error) {
    if (error instanceof SyntaxError) return none;
    throw error;
  }
}

/** What tells the process of this number from others. `began` is empty when there is none. */
export async function markOf(pid: number): Promise<ProcessMark> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in brackets, which may hold blanks and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const zombie = fields[0] === 'Z' || fields[0] === 'X';
  return { pid, began: zombie ? '' : (fields[19] ?? '') };
}

async function isAlive(mark: ProcessMark): Promise<boolean> {
  return mark.began !== '' && (await markOf(mark.pid)).began === mark.began;
}
