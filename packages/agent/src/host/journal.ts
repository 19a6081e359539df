import { fstatSync } from 'node:fs';

type Env = Readonly<Record<string, string | undefined>>;

/** Whether a descriptor leads to the journal: systemd names its stream in the environment (systemd.exec(5), JOURNAL_STREAM). */
export function isJournal(fd: number, env: Env = process.env): boolean {
  const named = env['JOURNAL_STREAM'];
  if (named === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return named === `${dev}:${ino}`;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/** A text for standard error with its priority on each line, where the journal reads it (sd-daemon(3)). */
export function withPriority(text: string, priority: 3 | 4): string {
  return text.replaceAll(/^/gmu, `<${priority}>`);
}
