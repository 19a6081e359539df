/** Where the command line reads and writes; tests hand in their own. */
export interface Terminal {
  /** Data, for programs. */
  out(text: string): void;
  /** Words, for people. */
  err(text: string): void;
  /** Resolves when the program is asked to stop. */
  untilStopped(): Promise<void>;
}

/** This process: standard output and error, SIGINT and SIGTERM. */
export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    untilStopped: () =>
      new Promise((resolve) => {
        process.once('SIGINT', () => resolve());
        process.once('SIGTERM', () => resolve());
      }),
  };
}
