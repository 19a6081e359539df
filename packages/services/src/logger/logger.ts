import type { Logger } from '@stormpulse/plugin-api';
import { destination, pino, stdSerializers } from 'pino';
import { journalLine } from './journal-line.ts';

/** pino's own words; anything else reads as `info`, as in v1. */
const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

export interface LoggerOptions {
  readonly level: string | undefined;
  /** Default: standard error. */
  readonly fd?: number;
  /** `journal`: text with the journal's priorities. Default `json`. */
  readonly form?: 'json' | 'journal';
}

/** Lines on standard error, one child logger a name. No worker thread: a line is written before the next step. */
export function createLogger(options: LoggerOptions): (name: string) => Logger {
  const level = options.level?.toLowerCase() ?? 'info';
  const out = destination({ fd: options.fd ?? 2, sync: true });
  const root = pino(
    {
      level: LEVELS.has(level === 'warning' ? 'warn' : level) ? level.replace('warning', 'warn') : 'info',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
    },
    options.form === 'journal' ? { write: (line: string) => void out.write(journalLine(line)) } : out,
  );
  return (name) => root.child({ name });
}
