import type { Logger } from '@stormpulse/plugin-api';

/** One line of the log. */
export interface LoggedLine {
  readonly name: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** Keeps what would have been logged. */
export function createMemoryLogger(lines: LoggedLine[]): (name: string) => Logger {
  return (name) => {
    const at =
      (level: LoggedLine['level']) =>
      (fields: object | string, message?: string): void => {
        const text = typeof fields === 'string' ? fields : (message ?? '');
        lines.push({ name, level, fields: typeof fields === 'string' ? {} : fields, message: text });
      };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  };
}
