import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '@stormpulse/kernel';
import type { Health, Logger, PluginContext } from '@stormpulse/plugin-api';
import { PluginAway } from './errors.ts';
import type { IsolationLimits } from './limits.ts';
import { LogFlow } from './log-flow.ts';
import { textOf } from './travelling-error.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** Which of them began what runs now. */
const began = new AsyncLocalStorage<InAgentPlugin>();

/**
 * Tells the plugin of isolation `none` in whose code something came up that nobody caught; false: it is nobody's of these. Asked where
 * the process is told of it.
 */
export function isOfPlugin(error: unknown): boolean {
  const plugin = began.getStore();
  plugin?.failed(error);
  return plugin !== undefined;
}

export interface InAgentOptions {
  readonly plugin: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Pick<IsolationLimits, 'failures' | 'failuresWithinMs' | 'backoffMs' | 'backoffMaxMs'>;
}

/** A plugin whose code is the agent's: what it lets fall is told under its name, and after that it is left alone for a while (SEC-207). */
export class InAgentPlugin {
  readonly #options: InAgentOptions;
  readonly #flow: LogFlow;
  readonly #failedAt: number[] = [];
  #away: { readonly why: string; readonly backAt?: number } | undefined;
  #health: Health | undefined;
  #cancel: () => void = () => undefined;

  constructor(options: InAgentOptions) {
    this.#options = options;
    this.#flow = new LogFlow(options.logger, options.clock);
  }

  /** Where its state is told, until it is stopped. */
  attach({ health, lifecycle }: Pick<PluginContext<unknown>, 'health' | 'lifecycle'>): void {
    this.#health = health;
    lifecycle.defer(() => this.#cancel());
  }

  /** Runs code of it; what that begins is its own, too. */
  run<T>(work: () => T): T {
    return began.run(this, work);
  }

  /** The same, for what need not be while it is left alone. Throws `E_PLUGIN_AWAY` then. */
  call<T>(work: () => T): T {
    const away = this.#problem();
    if (away !== undefined) throw away;
    return this.run(work);
  }

  /** As many lines as one in a process of its own may write. */
  logger(logger: Logger): Logger {
    const write = (level: (typeof LEVELS)[number]): Logger['info'] => {
      return (fields: object | string, message?: string) => {
        if (this.#flow.mayWrite(logger)) logger[level](fields, message);
      };
    };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }

  failed(error: unknown): void {
    if (this.#away !== undefined && this.#away.backAt === undefined) return;
    const { clock, limits, logger, plugin } = this.#options;
    const why = `nobody caught what it threw: ${textOf(error).slice(0, 500)}`;
    const now = clock.monotonic();
    this.#failedAt.push(now);
    while ((this.#failedAt[0] ?? now) < now - limits.failuresWithinMs) this.#failedAt.shift();
    const times = this.#failedAt.length;
    this.#cancel();
    if (times >= limits.failures)
      this.#away = { why: `${why}, and had failed ${times} times in ${Math.round(limits.failuresWithinMs / 60_000)} minutes` };
    else {
      const waitMs = Math.min(limits.backoffMs * 2 ** (times - 1), limits.backoffMaxMs);
      this.#away = { why, backAt: now + waitMs };
      this.#cancel = clock.after(waitMs, () => this.#back());
    }
    const away = this.#problem();
    logger.error({ code: away?.code, plugin, failures: times, err: error }, away?.message);
    this.#health?.degraded(away?.message ?? why);
  }

  #back(): void {
    this.#away = undefined;
    this.#health?.ok();
  }

  #problem() {
    if (this.#away === undefined) return undefined;
    const { plugin, clock } = this.#options;
    const { why, backAt } = this.#away;
    const seconds = backAt === undefined ? 0 : Math.max(1, Math.ceil((backAt - clock.monotonic()) / 1_000));
    const back = backAt === undefined ? 'it stays off until the agent is started again' : `it is called again in ${seconds} s`;
    return PluginAway({ plugin, why, back });
  }
}
