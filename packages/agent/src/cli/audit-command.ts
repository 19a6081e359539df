import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';

/** Adds `stormpulse audit` to the command line; what it does is loaded when it is asked for. */
export function addAuditCommand(program: Command, config: string, exitWith: (code: number) => void): void {
  const audit = program.command('audit').description("This host's own record of what its agent did, which no hub can write.");

  audit
    .command('verify')
    .description('Walk every file of the record and name the first line that is not as the agent wrote it. Changes nothing.')
    .argument('[config]', "the host's file", config)
    .option('--head <seq:hash>', 'a head that was known before, as this command or the hub shows it: was the record cut since?')
    .option('--json', 'as one JSON object', false)
    .action(async (path: string, options: { head?: string; json: boolean }) => {
      const { verifyAudit } = await import('./audit.ts');
      const { ok, text } = verifyAudit(path, options);
      process.stdout.write(`${text}\n`);
      exitWith(ok ? EXIT.ok : EXIT.refused);
    });

  audit
    .command('show')
    .description('Show the newest lines of the record, the newest last. Changes nothing; verify says whether they are true.')
    .argument('[config]', "the host's file", config)
    .option('-n <count>', 'how many', '20')
    .option('--since <time>', 'only from this time on, such as 2026-03-04 or 2026-03-04T05:06:07Z')
    .option('--kind <prefix>', 'only kinds that begin with this, such as command.')
    .option('--json', 'each line as one JSON object', false)
    .action(async (path: string, options: { n: string; since?: string; kind?: string; json: boolean }) => {
      const { showAudit } = await import('./audit.ts');
      for (const line of showAudit(path, options)) process.stdout.write(`${line}\n`);
    });
}
