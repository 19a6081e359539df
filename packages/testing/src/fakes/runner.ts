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
  readonly reply: Partial<ExecResult> | 'held';
}

/** Stands in for the host's processes: records each call, answers by the last rule that fits, else an empty success. */
export class FakeRunner implements ProcessRunner {
  readonly calls: ExecCall[] = [];
  readonly #rules: Rule[] = [];

  on(file: string, args: RegExp, reply: Partial<ExecResult>): void {
    this.#rules.unshift({ file, args, reply });
  }

  /** Those that fit run until their signal ends them. */
  hold(file: string, args: RegExp): void {
    this.#rules.unshift({ file, args, reply: 'held' });
  }

  async run(request: Parameters<ProcessRunner['run']>[0]): Promise<ProcessOutcome> {
    const cancelled = { kind: 'cancelled', exitCode: -1, stdout: '', stderr: '', durationMs: 0, truncated: false } as const;
    if (request.signal.aborted) return cancelled;
    const result = this.#answer(request.file, request.args, request.stdin);
    if (result === 'held') return await aborted(request.signal).then(() => cancelled);
    return await Promise.resolve({ kind: 'exited', ...result, durationMs: 1 });
  }

  async exec(file: string, args: readonly string[], options: Parameters<ProcessRunner['exec']>[2]): Promise<ExecResult> {
    options.signal?.throwIfAborted();
    const result = this.#answer(file, args, typeof options.input === 'string' ? options.input : undefined);
    if (result === 'held') {
      await aborted(options.signal);
      throw new Error(`${file} was ended`, { cause: options.signal?.reason });
    }
    if (result.exitCode !== 0) throw new Error(`${file} exited with ${result.exitCode}: ${result.stderr}`);
    return await Promise.resolve(result);
  }

  #answer(file: string, args: readonly string[], stdin: string | undefined): ExecResult | 'held' {
    this.calls.push({ file, args: [...args], ...(stdin === undefined ? {} : { stdin }) });
    const rule = this.#rules.find((candidate) => candidate.file === file && candidate.args.test(args.join(' ')));
    if (rule?.reply === 'held') return 'held';
    return { exitCode: 0, stdout: '', stderr: '', truncated: false, ...rule?.reply };
  }
}

async function aborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
}
