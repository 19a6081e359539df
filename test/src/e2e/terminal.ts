import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

export const KEYS = {
  enter: '\r',
  down: '\u001B[B',
  space: ' ',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
  escape: '\u001B',
  yes: 'y',
} as const;
const PATIENCE_MS = 60_000;
const ESCAPES = /\u001B(?:\[[0-9;?]*[A-Za-z]|\][^\u0007]*\u0007|[()][A-Z0-9]|[=>78])/gu;

/** What `script` of util-linux is started with so that `command` has a terminal of 80 columns of its own. */
export function inTerminal(command: string): readonly string[] {
  return ['script', '--quiet', '--return', '--command', `stty cols 80 rows 24; exec ${command}`, '/dev/null'];
}

/** A person at a terminal: types when the program has asked. */
export class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;
  #text = '';
  #seen = 0;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#text += text));
    child.stdin.on('error', () => undefined);
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  /** All that was written, without what only moves and colours. */
  get text(): string {
    return this.#text.replaceAll(ESCAPES, '');
  }

  /** As it was written, control sequences too. */
  get raw(): string {
    return this.#text;
  }

  /** Waits until it is written after what was waited for before. */
  async sees(part: string): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const at = this.text.indexOf(part, this.#seen);
      if (at >= 0) {
        this.#seen = at + part.length;
        return;
      }
      if (Date.now() > until || this.#child.exitCode !== null)
        throw new Error(`the terminal never showed "${part}":\n${this.text}`);
      await pause(20);
    }
  }

  async answers(part: string, keys: string): Promise<void> {
    await this.sees(part);
    this.type(keys);
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
