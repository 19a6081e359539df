import type { Logger } from '@stormpulse/plugin-api';
import { destination, pino, stdSerializers } from 'pino';

/** pino's own words; anything else reads as `info`, as in v1. */
const LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

/** JSON lines on standard error, one child logger a name. No worker thread: a line is written before the next step. */
export function createLogger(options: { readonly level: string | undefined; readonly fd?: number }): (name: string) => Logger {
  const level = options.level?.toLowerCase() ?? 'info';
  const root = pino(
    {
      level: LEVELS.has(level === 'warning' ? 'warn' : level) ? level.replace('warning', 'warn') : 'info',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
    },
    destination({ fd: options.fd ?? 2, sync: true }),
  );
  return (name) => root.child({ name });
}
