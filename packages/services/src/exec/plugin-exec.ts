import { defineError } from '@stormpulse/plugin-api';
import type { ExecOptions, ExecResult } from '@stormpulse/plugin-api';

export const ExecFailed = defineError<{ file: string; exitCode: number; stderr: string }>(
  'E_EXEC_FAILED',
  'failed_precondition',
  'host',
  (d) => `${d.file} exited with ${d.exitCode}: ${d.stderr}`,
);
export const ExecNotFound = defineError<{ file: string }>(
  'E_EXEC_NOT_FOUND',
  'failed_precondition',
  'host',
  (d) => `${d.file} is not there; install it, or correct the path`,
);
export const ExecKilled = defineError<{ file: string; why: string }>(
  'E_EXEC_KILLED',
  'aborted',
  'host',
  (d) => `${d.file} was ended: ${d.why}`,
);

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 1024 * 1024;

/** What stands behind `ctx.exec`: execa with everything it would inherit switched off. Loaded on first use. */
export async function pluginExec(
  file: string,
  args: readonly string[],
  options: ExecOptions,
  env: Readonly<Record<string, string>>,
): Promise<ExecResult> {
  const { execa } = await import('execa');
  const result = await execa(file, [...args], {
    shell: false,
    extendEnv: false,
    env: { ...env, ...options.env },
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxBuffer: options.maxOutputBytes ?? DEFAULT_MAX_BYTES,
    stripFinalNewline: false,
    reject: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  const stderr = typeof result.stderr === 'string' ? result.stderr : '';
  if (result.timedOut) throw ExecKilled({ file, why: 'it took too long' });
  if (result.isCanceled) throw ExecKilled({ file, why: 'its caller gave up' });
  if (result.exitCode === undefined && result.code === 'ENOENT') throw ExecNotFound({ file });
  if (result.isMaxBuffer !== true && result.exitCode !== 0)
    throw ExecFailed({ file, exitCode: result.exitCode ?? -1, stderr: (stderr || (result.shortMessage ?? '')).slice(0, 300) });
  return {
    exitCode: result.exitCode ?? 0,
    stdout: typeof result.stdout === 'string' ? result.stdout : '',
    stderr,
    truncated: result.isMaxBuffer === true,
  };
}
