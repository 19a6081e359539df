import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';

const HELP = `
Without a name: what can be investigated. A suspect is CLEARED only when all of the window was seen; INCONCLUSIVE names what is
missing, and the command that would show it. An agent that had nothing to log is cleared of flaps by its connection, if that has
lasted for longer than the window. Changes nothing, asks nobody for rights.

Times are spans (90m, 6h, 7d) or local dates ("2026-11-28 10:00"); the last 24 hours unless told.

Exit code: 0 for a finished case whatever its verdicts, 1 for a time or a file that is not right, 2 for a name nobody knows.

Examples:
  stormpulse investigate
  stormpulse investigate flaps --since 6h
  stormpulse investigate box --since "2026-11-28 02:00" --until "2026-11-28 05:00" --json
`;

interface Options {
  readonly since?: string;
  readonly until?: string;
  readonly config: string;
  readonly json: boolean;
}

/** Adds `stormpulse investigate`. */
export function addInvestigateCommand(program: Command, configPath: string, exitWith: (code: number) => void): void {
  program
    .command('investigate')
    .description('Ask why something happened on this host: evidence, suspects, verdicts. Read only.')
    .argument('[name]', 'flaps, box or logs-pipeline')
    .option('--since <when>', 'from this time on')
    .option('--until <when>', 'up to this time')
    .option('--config <file>', "the host's file", configPath)
    .option('--json', 'as one JSON object', false)
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, { since, until, config, json }: Options) => {
      const { INVESTIGATIONS, findInvestigation, investigate } = await import('../investigate/investigations.ts');
      if (name === undefined) {
        const list = INVESTIGATIONS.map(({ name, title }) => ({ name, title }));
        process.stdout.write(
          json ? `${JSON.stringify(list)}\n` : list.map((each) => `${each.name.padEnd(16)}${each.title}\n`).join(''),
        );
        return;
      }
      const investigation = findInvestigation(name);
      if (investigation === undefined) {
        const known = INVESTIGATIONS.map((each) => each.name).join(', ');
        process.stderr.write(`error: there is no investigation "${name.slice(0, 64)}"; expected one of ${known}\n`);
        exitWith(EXIT.usage);
        return;
      }
      const { windowOf } = await import('../investigate/window.ts');
      const { realOutside } = await import('../investigate/outside.ts');
      const { caseJson, formatCase } = await import('../investigate/format.ts');
      const outside = realOutside();
      const found = await investigate(investigation, windowOf(since, until, outside.now()), config, outside);
      process.stdout.write(`${json ? caseJson(found) : formatCase(found)}\n`);
    });
}
