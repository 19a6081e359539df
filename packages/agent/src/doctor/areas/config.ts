import { fileProblems } from '../../config/file-problems.ts';
import type { Finding as ConfigFinding } from '../../cli/config-check.ts';
import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

/** What `config check` says, less what is told of files and of plugins. */
export function lookAtConfig({ configPath, report, file, user }: HostUnderExamination): Finding[] {
  const ofFiles = file === undefined ? [] : user.look(() => fileProblems(file.values)).map(({ problem }) => problem);
  const fatal = report.fatal.filter(
    ({ key, problem }) => key !== '' && !ofFiles.includes(problem) && (key !== undefined || file === undefined),
  );
  return [
    ...fatal.map((found) => finding(configPath, found, 'wrong')),
    ...report.leftOut.map((found) => ({
      ...finding(configPath, found, 'wrong'),
      problem: `the command ${found.command} is not offered: ${found.problem}`,
    })),
    ...report.warnings
      .filter(({ key = '' }) => !report.sections.some(({ table }) => key === table || key.startsWith(`${table}.`)))
      .map((found) => finding(configPath, found, 'note')),
  ];
}

function finding(configPath: string, found: ConfigFinding, level: Finding['level']): Finding {
  const { line, key, problem, expected = 'what docs/reference/config.md says of it', fix } = found;
  const where = `${configPath}${line === undefined ? '' : `:${line}`}${key === undefined || key === '' ? '' : ` ${key}`}`;
  // What refuses the file as a whole is one sentence: "PATH: what; what to do".
  const [what = '', ask] = problem.replace(`${configPath}: `, '').split(/; (.*)/su);
  const whole = key === undefined && ask !== undefined ? { problem: what, fix: ask } : { problem, fix };
  const check = `correct it in ${configPath}; stormpulse config check tells when it is right`;
  return { level, problem: whole.problem, where, expected, fix: whole.fix ?? check };
}
