import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A small program over the sources of this package, with a folder of its own, which is run until SIGKILL ends it. */
export class KilledProgram {
  readonly folder = mkdtempSync(join(tmpdir(), 'killed-'));
  readonly #script = join(this.folder, 'program.mjs');
  readonly #children: ChildProcess[] = [];

  private constructor() {}

  /** `source` is TypeScript; what it imports is found from the folder `from`. */
  static async create(source: string, from: string): Promise<KilledProgram> {
    const program = new KilledProgram();
    await build({
      stdin: { contents: source, resolveDir: from, loader: 'ts' },
      outfile: program.#script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      // The database's native part is found from here, not from the temporary folder.
      define: { 'import.meta.url': JSON.stringify(import.meta.url) },
      logLevel: 'silent',
    });
    return program;
  }

  /**
   * The whole lines it printed until it killed itself, or was killed for having printed more than `characters`. Throws when
   * it ended in another way.
   */
  async linesUntilKilled(args: readonly (string | number)[], characters = Number.POSITIVE_INFINITY): Promise<string[]> {
    const child = spawn(process.execPath, [this.#script, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.push(child);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > characters) child.kill('SIGKILL');
    });
    await once(child, 'close');
    if (child.signalCode !== 'SIGKILL') throw new Error(`it was not killed: it ended with ${child.exitCode ?? child.signalCode}`);
    return text.split('\n').slice(0, -1);
  }

  close(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
