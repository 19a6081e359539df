import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LOOK_MS = 250;

/**
 * Calls `changed` when a file of a plugin's folder is another than at the last look, and no more follows at once; what builds and
 * package managers write is not looked at. Looking finds saves by rename too, on every file system. Returns its end.
 */
export function watchFolder(folder: string, ignored: ReadonlySet<string>, changed: () => void): () => void {
  let known = signature(folder, ignored);
  let isDue = false;
  const timer = setInterval(() => {
    const now = signature(folder, ignored);
    if (now !== known) {
      known = now;
      isDue = true;
    } else if (isDue) {
      isDue = false;
      changed();
    }
  }, LOOK_MS);
  return () => clearInterval(timer);
}

function signature(folder: string, ignored: ReadonlySet<string>): string {
  const lines: string[] = [];
  const look = (below: string, isTop: boolean): void => {
    for (const entry of readdirSync(below, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules' || (isTop && ignored.has(entry.name))) continue;
      const path = join(below, entry.name);
      if (entry.isDirectory()) look(path, false);
      else if (entry.isFile()) {
        const { mtimeMs, size, ino } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: 0, ino: 0 };
        lines.push(`${path} ${mtimeMs} ${size} ${ino}`);
      }
    }
  };
  try {
    look(folder, true);
  } catch {
    // A folder that goes while it is looked at is another folder at the next look.
    lines.push('changing');
  }
  return lines.join('\n');
}
