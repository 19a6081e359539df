import type { Clock } from '@stormpulse/kernel';
import type { Usage } from './carrier.ts';
import type { IsolationLimits } from './limits.ts';

const TICK_MS = 1_000;
const MB = 1_048_576;

export interface WatchOptions {
  readonly clock: Clock;
  readonly limits: IsolationLimits;
  readonly usage: () => Usage | undefined;
  readonly ping: () => Promise<unknown>;
  /** In words that follow the plugin's name. */
  readonly onTrouble: (why: string) => void;
}

interface Sample {
  readonly at: number;
  readonly cpuMs: number;
}

/** What one isolated plugin uses; what cannot be told of it is absent. */
export interface Used {
  /** Of one core, over the last seconds. */
  readonly cpuPercent?: number;
  readonly memoryBytes?: number;
}

/** How many looks the CPU that is told goes back. */
const TOLD_LOOKS = 10;

/** Looks at one isolated plugin each second: does it answer, what does it use, how much does it send (SEC-207, SEC-211). */
export class Watch {
  readonly #options: WatchOptions;
  readonly #looks: Sample[] = [];
  /** Since when each look found more than is allowed. */
  #hot: Sample | undefined;
  #cancel: () => void = () => undefined;
  #isOn = false;
  #lastHeard = 0;
  #lastTick = 0;
  #pinging = false;
  #told = 0;
  #second = { began: 0, frames: 0, bytes: 0 };

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#isOn = true;
    this.#lastHeard = this.#lastTick = this.#options.clock.monotonic();
    this.#next();
  }

  end(): void {
    this.#isOn = false;
    this.#cancel();
  }

  /** Looked at now. */
  used(): Used {
    const { cpuMs, bytes = this.#told } = this.#options.usage() ?? {};
    const first = this.#looks[0];
    const ms = this.#options.clock.monotonic() - (first?.at ?? Number.POSITIVE_INFINITY);
    return {
      ...(cpuMs === undefined || first === undefined || ms <= 0 ? {} : { cpuPercent: ((cpuMs - first.cpuMs) / ms) * 100 }),
      ...(bytes > 0 ? { memoryBytes: bytes } : {}),
    };
  }

  /** Something came of it; a sentence when it is too much. */
  heard(frames: number, bytes: number): string | undefined {
    const { clock, limits } = this.#options;
    const now = clock.monotonic();
    this.#lastHeard = now;
    if (now - this.#second.began >= 1_000) this.#second = { began: now, frames: 0, bytes: 0 };
    this.#second.frames += frames;
    this.#second.bytes += bytes;
    if (this.#second.frames > limits.framesPerSecond) return `it sent more than ${limits.framesPerSecond} messages in a second`;
    if (this.#second.bytes > limits.bytesPerSecond)
      return `it sent more than ${Math.trunc(limits.bytesPerSecond / MB)} MB in a second`;
    return undefined;
  }

  #next(): void {
    this.#cancel = this.#options.clock.after(TICK_MS, () => {
      this.#tick();
      if (this.#isOn) this.#next();
    });
  }

  #tick(): void {
    const { clock, limits, ping, usage } = this.#options;
    const now = clock.monotonic();
    // The agent itself was late: what the plugin answered meanwhile is not read yet.
    if (now - this.#lastTick > 2 * TICK_MS) this.#lastHeard = now;
    this.#lastTick = now;
    if (this.#pinging && now - this.#lastHeard >= limits.silentMs)
      return this.#trouble(`it did not answer anything for ${limits.silentMs} ms`);
    if (!this.#pinging) void this.#ping(ping);
    const used = usage();
    if (used !== undefined) this.#weigh(used, now);
  }

  async #ping(ping: () => Promise<unknown>): Promise<void> {
    this.#pinging = true;
    try {
      const { bytes } = ((await ping()) ?? {}) as { readonly bytes?: unknown };
      this.#told = typeof bytes === 'number' && Number.isFinite(bytes) ? bytes : 0;
    } catch {
      // It is over; whoever ended it said why.
    } finally {
      this.#pinging = false;
    }
  }

  #weigh({ bytes = this.#told, cpuMs }: Usage, now: number): void {
    const { memoryMb, cpuPercent, cpuSeconds } = this.#options.limits;
    if (bytes > memoryMb * MB) return this.#trouble(`it used ${Math.round(bytes / MB)} MB of memory; ${memoryMb} are allowed`);
    if (cpuMs === undefined) return;
    const before = this.#looks.at(-1) ?? { at: now, cpuMs };
    this.#looks.push({ at: now, cpuMs });
    if (this.#looks.length > TOLD_LOOKS) this.#looks.shift();
    const percent = ((cpuMs - before.cpuMs) / (now - before.at)) * 100;
    if (!(percent > cpuPercent)) {
      this.#hot = undefined;
      return;
    }
    // A burst is work; only what goes on and on is trouble.
    this.#hot ??= before;
    const hotMs = now - this.#hot.at;
    if (hotMs < cpuSeconds * 1_000) return;
    const mean = Math.round(((cpuMs - this.#hot.cpuMs) / hotMs) * 100);
    this.#trouble(`it used ${mean} % of a core for ${cpuSeconds} s; ${cpuPercent} % are allowed`);
  }

  #trouble(why: string): void {
    this.end();
    this.#options.onTrouble(why);
  }
}
