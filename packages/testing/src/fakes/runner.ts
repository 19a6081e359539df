import type { ExecResult } from '@stormpulse/plugin-api';
import type { ProcessOutcome, ProcessRunner } from '@stormpulse/kernel';

/** One process that would have run. */
export interface ExecCall {
  readonly file: string;
  readonly args: readonly string[];
  readonly stdin?: string;
}

interface Rule {
  readonly file: string;
  readonly args: RegExp;
  readonly reply: Partial<ExecResult>;
}

/** Stands in for the host's processes: records each call, answers by the last rule that fits, else an empty success. */
export class FakeRunner implements ProcessRunner {
  readonly calls: ExecCall[] = [];
  readonly #rules: Rule[] = [];

  on(file: string, args: RegExp, reply: Partial<ExecResult>): void {
    this.#rules.unshift({ file, args, reply });
  }

  async run(request: Parameters<ProcessRunner['run']>[0]): Promise<ProcessOutcome> {
    if (request.signal.aborted)
      return { kind: 'cancelled', exitCode: -1, stdout: '', stderr: '', durationMs: 0, truncated: false };
    const result = this.#answer(request.file, request.args, request.stdin);
    return await Promise.resolve({ kind: 'exited', ...result, durationMs: 1 });
  }

  async exec(file: string, args: readonly string[], options: Parameters<ProcessRunner['exec']>[2]): Promise<ExecResult> {
    options.signal?.throwIfAborted();
    const result = this.#answer(file, args, typeof options.input === 'string' ? options.input : undefined);
    if (result.exitCode !== 0) throw new Error(`${file} exited with ${result.exitCode}: ${result.stderr}`);
    return await Promise.resolve(result);
  }

  #answer(file: string, args: readonly string[], stdin: string | undefined): ExecResult {
    this.calls.push({ file, args: [...args], ...(stdin === undefined ? {} : { stdin }) });
    const rule = this.#rules.find((candidate) => candidate.file === file && candidate.args.test(args.join(' ')));
    return { exitCode: 0, stdout: '', stderr: '', truncated: false, ...rule?.reply };
  }
}
