import { Command, CommanderError } from 'commander';
import { SqliteError } from '@stormpulse/sqlite';
import { HubError, messageOf } from '../errors.ts';
import { runHub } from './run.ts';
import type { RunOptions } from './run.ts';
import { printSetupLink, printToken } from './state-commands.ts';
import { processTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';

const OK = 0;
const BROKEN = 1;
const USAGE = 2;

/** `stormpulse-hub`: gives the exit code, 0 ok, 1 broken, 2 usage (hub page, section 13). */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const program = commandLine(terminal);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return OK;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE;
    if (error instanceof HubError || error instanceof SqliteError) {
      terminal.err(`stormpulse-hub: ${error.message}`);
      return error.code === 'E_CONFIG' ? USAGE : BROKEN;
    }
    terminal.err(`stormpulse-hub: ${messageOf(error)}`);
    return BROKEN;
  }
}

function commandLine(terminal: Terminal): Command {
  const program = new Command('stormpulse-hub')
    .description('The Storm Pulse control plane')
    .exitOverride()
    .showHelpAfterError()
    .configureOutput({ writeOut: (text) => terminal.out(text.trimEnd()), writeErr: (text) => terminal.err(text.trimEnd()) });
  program
    .command('run')
    .description('start the hub; the first start makes its CA')
    .requiredOption('--state <dir>', 'folder for keys, certificates and the database')
    .option('--agents-listen <host:port>', 'where agents connect', '127.0.0.1:8443')
    .option('--people-listen <host:port>', 'where browsers connect; loopback only', '127.0.0.1:8080')
    .option('--name <name>', 'a name or address agents reach this hub by; may be repeated', collect, [])
    .option('--dashboard <dir>', "folder with the dashboard's files")
    .option('--v1-certificate-days <n>', 'how long the certificate of an agent that cannot renew lives', '365')
    .option('--min-tls <version>', '1.3, or 1.2 for agents that cannot do better', '1.3')
    .action(async (options: RunOptions) => await runHub(options, terminal));
  program
    .command('token <agent>')
    .description('make a one-time token; prints the line to paste on the host')
    .requiredOption('--state <dir>', "the hub's state folder")
    .option('--minutes <n>', 'how long it counts, 1 to 1440', '15')
    .action(async (agent: string, options: { state: string; minutes: string }) => await printToken(agent, options, terminal));
  program
    .command('setup-code')
    .description('print a new one-time link to sign in with')
    .requiredOption('--state <dir>', "the hub's state folder")
    .action(async (options: { state: string }) => await printSetupLink(options, terminal));
  for (const command of program.commands) {
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => terminal.out(text.trimEnd()), writeErr: (text) => terminal.err(text.trimEnd()) });
  }
  return program;
}

function collect(value: string, former: string[]): string[] {
  return [...former, value];
}
