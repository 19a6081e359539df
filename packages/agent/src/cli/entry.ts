import { parseArgs } from 'node:util';
import { isAgentError } from '@stormpulse/plugin-api';
import { EXIT } from '../exit-codes.ts';
import { isJournal, withPriority } from '../host/journal.ts';
import { isTaken } from '../host/uncaught.ts';

const inJournal = isJournal(2);
/** What a person should know of a run that goes on. */
const say = (text: string): void => write(text, 4);
/** What ended it. */
const refuse = (text: string): void => write(text, 3);

function write(text: string, priority: 3 | 4): void {
  process.stderr.write(`${inJournal ? withPriority(text, priority) : text}\n`);
}

/** Does what the command line says and leaves the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  process.on('unhandledRejection', (error) => {
    if (isTaken(error)) return;
    refuse(`stormpulse: a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = EXIT.refused;
    process.kill(process.pid, 'SIGTERM');
  });
  try {
    const plain = plainRun(args);
    if (plain === undefined) {
      const { runProgram } = await import('./program.ts');
      process.exitCode = await runProgram(args, say);
    } else {
      const { run } = await import('./run.ts');
      await run(plain.config, plain, say);
    }
  } catch (error) {
    if (isAgentError(error)) refuse(error.fault === 'bug' ? `${error.code}: ${error.message}` : error.message);
    else refuse(`stormpulse: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = EXIT.refused;
  }
}

/** `run` lives for months: with its config named, it does not load what reads and explains every other command line. */
function plainRun(args: readonly string[]): { config: string; allowRoot: boolean; allowUnsafeEnv: boolean } | undefined {
  if (args[0] !== 'run') return undefined;
  const options = { 'allow-root': { type: 'boolean' }, 'allow-unsafe-env': { type: 'boolean' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: args.slice(1), options, allowPositionals: true });
    const [config, ...rest] = positionals;
    if (config === undefined || rest.length > 0) return undefined;
    return { config, allowRoot: values['allow-root'] === true, allowUnsafeEnv: values['allow-unsafe-env'] === true };
  } catch {
    return undefined;
  }
}
