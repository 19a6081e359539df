import type { Logger } from '@stormpulse/plugin-api';
import type { Clock } from '@stormpulse/kernel';
import type { Args } from './rpc.ts';

const MAX_MESSAGE_CHARS = 2_000;
const MAX_FIELDS_CHARS = 8_192;
const PER_WINDOW = 200;
const WINDOW_MS = 10_000;
const MAX_LINE_CHARS = 1_000;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** What a plugin writes, into its own log at a bounded rate; what is over it is counted, and told. */
export class LogFlow {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #windowBegan = 0;
  #written = 0;
  #dropped = 0;
  #rest = '';

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
    this.#windowBegan = clock.monotonic();
  }

  /** One line of `ctx.logger`. */
  told({ level, message, fields }: Args, logger: Logger = this.#logger): void {
    const known = LEVELS.find((one) => one === level) ?? 'info';
    const shown = typeof message === 'string' ? message.slice(0, MAX_MESSAGE_CHARS) : '';
    const size = fields === undefined ? 0 : JSON.stringify(fields).length;
    const kept = size > MAX_FIELDS_CHARS ? { left_out: `fields of ${size} characters` } : fields;
    if (this.mayWrite(logger)) logger[known](typeof kept === 'object' && kept !== null ? kept : {}, shown);
  }

  /** What it wrote to its output besides. */
  output(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS);
    for (const line of lines)
      if (line.trim() !== '' && this.mayWrite(this.#logger)) this.#logger.warn({ stderr: true }, line.slice(0, MAX_LINE_CHARS));
  }

  /** Counts a line; false: it is left out. */
  mayWrite(logger: Logger): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#windowBegan >= WINDOW_MS) {
      if (this.#dropped > 0) logger.warn({ lines: this.#dropped }, 'lines of the plugin were left out: it writes too many');
      this.#windowBegan = now;
      this.#written = 0;
      this.#dropped = 0;
    }
    this.#written += 1;
    if (this.#written <= PER_WINDOW) return true;
    if (this.#dropped === 0)
      logger.warn({}, `the plugin writes more than ${PER_WINDOW} lines in ${WINDOW_MS / 1_000} s; what is over is left out`);
    this.#dropped += 1;
    return false;
  }
}
