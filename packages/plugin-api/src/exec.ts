import type { AbsolutePath } from './schema.ts';

export interface ExecOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: AbsolutePath;
  readonly timeoutMs?: number;
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

/** Absolute path, argv array, no shell, empty environment, granted binaries only. Rejects with `E_EXEC_*`, `E_GRANT_EXEC`. */
export type Exec = (file: AbsolutePath, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;
