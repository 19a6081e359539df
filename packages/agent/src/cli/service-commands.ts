import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { LogsOptions } from './logs.ts';

const LOGS_HELP = `
Shows what journalctl has of the unit stormpulse: the last 100 lines and what follows; with --since or --until all lines of that
time and no more. -n, -f and --no-follow say otherwise. Times are journalctl's.

Exit code: journalctl's; 1 when this host has none.

Examples:
  stormpulse logs
  stormpulse logs --since "1 hour ago"
  stormpulse logs --since yesterday --until today -g refused
`;

const RESTART_HELP = `
The agent of a user is restarted. The agent of the host is its operator's: as root the command is printed, not run.

Exit code: systemctl's; 0 when the command was printed; 1 when there is no systemctl, or the agent is not this user's.
`;

/** Adds `logs` and `restart`. */
export function addServiceCommands(program: Command, say: (line: string) => void, exitWith: (code: number) => void): void {
  program
    .command('logs')
    .description("Show the agent's log, as journalctl has it.")
    .option('-n, --lines <n>', 'how many lines at most', lineCount)
    .option('-f, --follow', 'go on with what comes')
    .option('--no-follow', 'stop after what is there')
    .option('--since <when>', 'from this time on')
    .option('--until <when>', 'up to this time')
    .option('-g, --grep <pattern>', 'only lines that match')
    .addHelpText('after', LOGS_HELP)
    .action(async (options: LogsOptions) => {
      const { logs } = await import('./logs.ts');
      const { servicePrograms } = await import('../host/service-programs.ts');
      exitWith(await logs(options, servicePrograms(), say));
    });
  program
    .command('restart')
    .description('Restart the agent that runs as a service of this user; for one of the host, print the command that does.')
    .addHelpText('after', RESTART_HELP)
    .action(async () => {
      const { restart } = await import('./restart.ts');
      const { servicePrograms } = await import('../host/service-programs.ts');
      exitWith(await restart(servicePrograms(), (line) => process.stdout.write(`${line}\n`)));
    });
}

function lineCount(value: string): string {
  if (/^(?:\+?\d{1,9}|all)$/u.test(value)) return value;
  throw new InvalidArgumentError('expected a number of lines, or "all".');
}
