import { fileProblems } from '../../config/file-problems.ts';
import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

/** Files and folders that are missing, or that others could change or read (SEC-166), as a start sees them. */
export function lookAtFiles({ configPath, file, user }: HostUnderExamination): Finding[] {
  if (file === undefined) return [];
  const own = file.problems.filter(({ path }) => path.length === 0);
  return [...own, ...user.look(() => fileProblems(file.values))].map(({ path, problem, expected, fix }) => ({
    level: 'wrong',
    problem,
    where: path.length === 0 ? configPath : `${configPath} ${path.join('.')}`,
    expected: expected ?? 'a file that only its owner can change',
    fix: fix ?? 'correct the path',
  }));
}
