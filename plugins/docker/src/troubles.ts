import type { Health } from '@stormpulse/sdk';

/** What stands in the way of this plugin, each told by whoever met it; all gone: it is well again. */
export class Troubles {
  readonly #health: Pick<Health, 'ok' | 'degraded'>;
  readonly #reasons = new Map<string, string>();

  constructor(health: Pick<Health, 'ok' | 'degraded'>) {
    this.#health = health;
  }

  /** `reason` undefined: it is gone. */
  tell(who: string, reason: string | undefined): void {
    if (reason === undefined && !this.#reasons.delete(who)) return;
    if (reason !== undefined) this.#reasons.set(who, reason);
    const [first] = this.#reasons.values();
    if (first === undefined) this.#health.ok();
    else this.#health.degraded(first);
  }
}
