import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface BranchCoverage {
  /** Blocks that V8 counts on their own: bodies of functions, arms of conditions and loops. */
  readonly branches: number;
  readonly reached: number;
  /** `file:line: text` of each block that never ran. */
  readonly missed: readonly string[];
}

const SHOWN_CHARACTERS = 90;

/** Runs `work` and tells which blocks of the files with these names ran, by V8's own count. */
export async function branchCoverage(files: readonly string[], work: () => Promise<void>): Promise<BranchCoverage> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  try {
    await work();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const scripts = result.filter(({ url }) => url.includes('/protocol/dist/') && files.includes(basename(url)));
    const blocks = scripts.flatMap(({ url, functions }) =>
      functions.flatMap(({ ranges }) => ranges.map(({ startOffset, count }) => ({ url, startOffset, count }))),
    );
    return {
      branches: blocks.length,
      reached: blocks.filter(({ count }) => count > 0).length,
      missed: blocks.filter(({ count }) => count === 0).map(place),
    };
  } finally {
    session.disconnect();
  }
}

function place({ url, startOffset }: { readonly url: string; readonly startOffset: number }): string {
  const text = readFileSync(fileURLToPath(url), 'utf8');
  const line = text.slice(0, startOffset).split('\n').length;
  const shown = text.slice(startOffset).replaceAll(/\s+/gu, ' ').trim().slice(0, SHOWN_CHARACTERS);
  return `${basename(url)}:${line}: ${shown}`;
}
