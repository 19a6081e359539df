import type { Command } from 'commander';
import type { UnsealOptions } from './signoff.ts';

const HELP = `
The hatch lets the hub run any shell text on this host (run_verify_block, run_apply_block). It is closed unless this command opened it,
on this host, for a time; no message of a hub opens it. Opening counts from the next start of the agent on; closing at once.

In system mode root opens it. Where the agent runs as the user who types this, [signoff] accept_same_user = true must say that this is enough.
`;

/** Adds `stormpulse signoff`; what it does is loaded when it is asked for. */
export function addSignoffCommand(
  program: Command,
  config: string,
  say: (line: string) => void,
  exitWith: (code: number) => void,
): void {
  const signoff = program
    .command('signoff')
    .description('The hatch of this host for shell text of the hub: look at it, open it for a time, close it.')
    .addHelpText('after', HELP);

  signoff
    .command('status')
    .description('Say whether the hatch is open, until when, and who opened it. Changes nothing.')
    .option('--config <file>', "the host's file", config)
    .action(async (options: { config: string }) => {
      const { signoffStatus } = await import('./signoff.ts');
      process.stdout.write(`${(await signoffStatus(options.config)).join('\n')}\n`);
    });

  signoff
    .command('seal')
    .description('Close the hatch, at once; what it let begin is ended.')
    .option('--config <file>', "the host's file", config)
    .action(async (options: { config: string }) => {
      const { seal } = await import('./signoff.ts');
      await seal(options.config, say);
    });

  signoff
    .command('unseal')
    .description("Open the hatch for a time. Asks for this host's name; the agent must be restarted afterwards.")
    .option('--config <file>', "the host's file", config)
    .option('--confirm-hostname <name>', "this host's name, instead of typing it when asked")
    .option('--for <time>', 'how long, such as 30m or 2h, at most 8h', '60m')
    .option('--why <text>', 'what for; it is kept in the record of this host', '')
    .action(async (options: UnsealOptions) => {
      const { unseal } = await import('./signoff.ts');
      exitWith(await unseal(options, say));
    });
}
