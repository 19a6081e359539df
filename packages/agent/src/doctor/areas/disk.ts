import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

const ADVICE: Readonly<Record<string, readonly [problem: string, fix: string]>> = {
  ENOSPC: ['the disk is full', 'free some space, or inodes: df -h FOLDER; df -i FOLDER'],
  EDQUOT: ["the user's quota is used up", 'free some space, or raise the quota: df -h FOLDER'],
  EROFS: ['the file system is read-only', 'mount it for writing; what made it read-only: findmnt -T FOLDER; dmesg'],
  EACCES: ["the agent's user may not write there", 'run: chown USER FOLDER && chmod u+rwx FOLDER'],
};

/** Whether the agent could write its state: without, it refuses every command (SEC-184). */
export function lookAtDisk({ config, user, surroundings }: HostUnderExamination): Finding[] {
  if (config.databasePath === undefined) return [];
  const folder = dirname(config.databasePath);
  if (!isFolder(folder)) return [];
  try {
    user.look(() => surroundings.tryWriting(folder));
    return [];
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const code = String(error.code);
    const [problem, fix] = ADVICE[code] ?? ['the folder cannot be written', 'check the file system: findmnt -T FOLDER'];
    return [
      {
        level: 'wrong',
        problem: `${problem} (${code}); while it is so, every command is refused`,
        where: folder,
        expected: 'a folder the agent can write to',
        fix: fix.replaceAll('FOLDER', folder).replace('USER', String(user.uid)),
      },
    ];
  }
}

/** One that is missing is told of with the files. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
