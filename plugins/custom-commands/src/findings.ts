import type { ConfigProblem } from '@stormpulse/sdk';

/** What the checks have against one command. */
export class Findings {
  /** Keys from the top of the plugin's config to the command. */
  readonly #path: readonly (string | number)[];
  /** The file is refused: protocol v1 refuses it too, or it asks for what does not exist. */
  readonly problems: ConfigProblem[] = [];
  /** The command is not offered, the others are (design D1). */
  readonly omissions: ConfigProblem[] = [];
  readonly warnings: string[] = [];

  constructor(path: readonly (string | number)[]) {
    this.#path = path;
  }

  refuse(path: readonly (string | number)[], problem: string, expected: string, fix?: string): void {
    this.problems.push(this.#finding(path, problem, expected, fix));
  }

  leaveOut(path: readonly (string | number)[], problem: string, expected: string, fix?: string): void {
    this.omissions.push(this.#finding(path, problem, expected, fix));
  }

  warn(path: readonly (string | number)[], text: string): void {
    this.warnings.push(`${[...this.#path, ...path].join('.')}: ${text}`);
  }

  get isClean(): boolean {
    return this.problems.length === 0 && this.omissions.length === 0;
  }

  #finding(path: readonly (string | number)[], problem: string, expected: string, fix?: string): ConfigProblem {
    return { path: [...this.#path, ...path], problem, expected, ...(fix === undefined ? {} : { fix }) };
  }
}
