import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';

const HELP = `
Exit code: 0 when nothing is wrong (there may be notes), 1 when something is, 2 for a wrong command line.

With --accept-clock you say that the clock of this host is right although it stepped back: from the next start of the agent on,
commands are accepted again. None that is dated before this moment will be, so that none runs twice.

Examples:
  stormpulse doctor
  stormpulse doctor --json | jq -r '.findings[] | .area + ": " + .fix'
  stormpulse doctor --accept-clock; stormpulse restart
`;

/** Adds `stormpulse doctor`. */
export function addDoctorCommand(program: Command, configPath: string, exitWith: (code: number) => void): void {
  program
    .command('doctor')
    .description(
      'Find what is wrong on this host, and what to do about it. Leaves the host as it is; asks no network but the hub of the file.',
    )
    .argument('[config]', "the host's file", configPath)
    .option('--json', 'as one JSON object', false)
    .option('--accept-clock', 'confirm that a clock which stepped back is right, then look', false)
    .option('--recover', 'take back what a set-up that was cut off had begun, then look', false)
    .addHelpText('after', HELP)
    .action(async (config: string, options: { json: boolean; acceptClock: boolean; recover: boolean }) => {
      if (options.recover) await (await import('./setup/recover-command.ts')).recoverSetup(config);
      const { examine } = await import('../doctor/examine.ts');
      const clock = options.acceptClock ? (await import('../doctor/accept-clock.ts')).confirmClock(config) : undefined;
      if (clock !== undefined) process.stderr.write(`${clock}\n`);
      const diagnosis = await examine(config);
      const { formatDiagnosis } = await import('../doctor/format.ts');
      process.stdout.write(`${options.json ? JSON.stringify(diagnosis) : formatDiagnosis(diagnosis)}\n`);
      exitWith(diagnosis.ok ? EXIT.ok : EXIT.refused);
    });
}
