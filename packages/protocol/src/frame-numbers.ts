import type { RawEnvelope } from './frame.ts';
import type { JsonValue } from './json-value.ts';

/** What a peer's frame shows to be wrong with the link. A pair in the wrong order is a `gap` and then a `behind`. */
export interface LinkFault {
  /**
   * `gap`: numbers are left out. `behind`: a number that was passed already. `unnumbered`: no number, after others had one.
   * `other_boot`: a frame of another run of the peer. `clock_back`: dated more than 5 s before one that came earlier.
   */
  readonly fault: 'gap' | 'behind' | 'unnumbered' | 'other_boot' | 'clock_back';
  /** Of this kind on this connection, this one included. */
  readonly count: number;
  /** The number that was due. */
  readonly expected: number;
  /** The number that came. */
  readonly seq?: number;
}

export interface FrameNumbersOptions {
  /** Names this run of this side: 1 to 64 letters and digits. */
  readonly boot: string;
  /** This side has named the feature before the first frame comes: a peer's numbers are looked at from the beginning. */
  readonly named: boolean;
  /** Called for each fault. Must not throw. */
  readonly found: (fault: LinkFault) => void;
}

const MAX_BACK_MICROS = 5_000_000n;
/** Text, not an object: every frame is read, and an object more costs a quarter of a short frame's reading. */
const NUMBER = /^([A-Za-z0-9]{1,64})-([1-9]\d{0,14})$/;

/**
 * The numbers of one connection, both ways (feature `link.seq`, SEC-075). A frame's number is its place among those that its
 * side sent on the connection, from 1, whether it shows it or not; so it does not matter when either side begins to. It detects
 * and decides nothing.
 */
export class FrameNumbers {
  readonly #options: FrameNumbersOptions;
  readonly #counts = new Map<LinkFault['fault'], number>();
  #named: boolean;
  #shows = false;
  #sent = 0;
  #due = 1;
  /** Of the first number that came. */
  #peerBoot: string | undefined;
  #latestMicros = 0n;

  constructor(options: FrameNumbersOptions) {
    this.#options = options;
    this.#named = options.named;
  }

  /** Both sides have named the feature: the next frame shows its number. */
  negotiated(): void {
    this.#named = true;
    this.#shows = true;
  }

  /** Counts a frame that is sent now; gives its text, as {@link encodeMessage} made it, with the number when it is to show it. */
  mark(text: string): string {
    this.#sent += 1;
    return this.#shows ? `${text.slice(0, -1)},"x":"${this.#options.boot}-${this.#sent}"}` : text;
  }

  /** A frame came. */
  came({ x, timestamp }: Pick<RawEnvelope, 'x' | 'timestamp'>): void {
    const number = this.#named ? readNumber(x) : undefined;
    if (number !== undefined) this.#compare(number.boot, number.seq, timestamp.micros);
    else if (this.#peerBoot === undefined) this.#due += 1;
    else this.#found('unnumbered');
  }

  /** A frame came that is no message: it had a number that nobody knows. */
  unread(): void {
    this.#due += 1;
  }

  #compare(boot: string, seq: number, micros: bigint): void {
    if (boot !== (this.#peerBoot ??= boot)) {
      this.#found('other_boot', seq);
      return;
    }
    if (seq > this.#due) this.#found('gap', seq);
    if (seq < this.#due) this.#found('behind', seq);
    if (micros < this.#latestMicros - MAX_BACK_MICROS) {
      this.#found('clock_back', seq);
      // One step of a clock is told once, not until the clock has caught up.
      this.#latestMicros = micros;
    }
    if (seq >= this.#due) this.#due = seq + 1;
    if (micros > this.#latestMicros) this.#latestMicros = micros;
  }

  #found(fault: LinkFault['fault'], seq?: number): void {
    const count = (this.#counts.get(fault) ?? 0) + 1;
    this.#counts.set(fault, count);
    this.#options.found({ fault, count, expected: this.#due, ...(seq === undefined ? {} : { seq }) });
  }
}

/** Whether to tell of it: the first of its kind on a connection, the second, fourth, eighth, and so on. */
export function isTold({ count }: LinkFault): boolean {
  return Number.isInteger(Math.log2(count));
}

function readNumber(x: JsonValue | undefined): { readonly boot: string; readonly seq: number } | undefined {
  const [, boot, seq] = (typeof x === 'string' ? NUMBER.exec(x) : null) ?? [];
  return boot === undefined ? undefined : { boot, seq: Number(seq) };
}
