import { Command, CommanderError, Help } from 'commander';
import { defaultPaths } from '../config/paths.ts';
import { EXIT } from '../exit-codes.ts';
import { VERSION } from '../version.ts';
import { addAuditCommand } from './audit-command.ts';
import { addDevCommand } from './dev-command.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addInvestigateCommand } from './investigate-command.ts';
import { addPluginsCommand } from './plugins-command.ts';
import { addServiceCommands } from './service-commands.ts';
import { addSetupCommands, withPluginInit } from './setup-commands.ts';
import { addSignCommand } from './sign-command.ts';
import { addSignoffCommand } from './signoff-command.ts';

const EXAMPLES = `
Exit code: 0 done, 1 refused or something is wrong, 2 a wrong command line, 3 an update waits for a grant; logs and restart: that of the program they run.

Examples:
  stormpulse enroll https://hub.example/api/enroll/ web-1 sp1.…   get this host its identity, once
  stormpulse init                                                  set this host up, to a running service
  stormpulse run                                                   the agent itself, usually by a service manager
  stormpulse status                                                what it is doing
  stormpulse config check                                          everything that is wrong with its file, and what would run
  stormpulse doctor                                                what is wrong on this host, and what to do
`;

/** Reads any command line, does what it says, gives the exit code. Throws what a command refuses. */
export async function runProgram(args: readonly string[], say: (line: string) => void): Promise<number> {
  let code: number = EXIT.ok;
  const program = createProgram(say, (found) => (code = found));
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return EXIT.refused;
  }
  try {
    const names = program.commands.map((command) => command.name());
    await program.parseAsync([...withPluginInit(args, names)], { from: 'user' });
    return code;
  } catch (error) {
    // A group without its action: usage, and v1's code for it.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.refused;
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
}

/** The whole command line; `scripts/checks/cli-reference.mjs` makes docs/reference/cli.md of it. */
export function createProgram(say: (line: string) => void, exitWith: (code: number) => void, paths = defaultPaths()): Command {
  const program = new Command('stormpulse')
    .description('The Storm Pulse agent: it opens no port, dials its hub, and runs only what its file allows.')
    .version(`storm-pulse-agent v${VERSION}`, '--version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', EXAMPLES)
    .configureHelp({
      // That a switch is off until it is set goes without saying.
      optionDescription: (option) => Help.prototype.optionDescription(option).replace(' (default: false)', ''),
    })
    .exitOverride()
    .showHelpAfterError('(stormpulse --help says more)');

  program
    .command('enroll')
    .description("Exchange a one-time token for this host's identity. Writes the credentials folder; the key never leaves it.")
    .argument('<endpoint>', "the hub's enrollment address, https://…/api/enroll/")
    .argument('<agent-id>', 'the id the token was made for')
    .argument('<token>', 'the token, whole')
    .option('--creds-dir <dir>', 'where the credentials go', paths.credentials)
    .option('--force', 'replace credentials that are there', false)
    .option('--ca <file>', 'trust this CA for the exchange, instead of the one the token names')
    .option('--insecure-loopback-http', 'allow http:// to a loopback address', false)
    .action(
      async (
        endpoint: string,
        agentId: string,
        token: string,
        options: { credsDir: string; force: boolean; ca?: string; insecureLoopbackHttp: boolean },
      ) => {
        const { enroll } = await import('./enroll.ts');
        await enroll(endpoint, agentId, token, options, say);
      },
    );

  addSetupCommands(program, say, exitWith);

  program
    .command('run')
    .description('Run the agent until SIGINT or SIGTERM. Reads the file once; changes need a restart.')
    .argument('[config]', "the host's file", paths.config)
    .option('--allow-root', 'run as root all the same', false)
    .option('--allow-unsafe-env', 'start although the environment would change how this process runs', false)
    .action(async (config: string, options: { allowRoot: boolean; allowUnsafeEnv: boolean }) => {
      const { run } = await import('./run.ts');
      await run(config, options, say);
    });

  program
    .command('status')
    .description("Say what this host's agent is doing; exit code 1 while its hatch is open. Changes nothing, asks no network.")
    .argument('[config]', "the host's file", paths.config)
    .option('--json', 'as one JSON object', false)
    .action(async (config: string, options: { json: boolean }) => {
      const { formatStatus, readWholeStatus } = await import('./status.ts');
      const status = await readWholeStatus(config);
      process.stdout.write(`${options.json ? JSON.stringify(status) : formatStatus(status)}\n`);
      exitWith(status.hatch?.sealed === false ? EXIT.refused : EXIT.ok);
    });

  program
    .command('config')
    .description("The host's file.")
    .command('check')
    .description('Tell everything that is wrong with the file, at once, and what would run. Starts nothing, asks no network.')
    .argument('[config]', "the host's file", paths.config)
    .option('--json', 'as one JSON object', false)
    .action(async (config: string, options: { json: boolean }) => {
      const { checkConfigFile } = await import('./config-check.ts');
      const { formatReport } = await import('./config-check-text.ts');
      const report = await checkConfigFile(config);
      const { stdout, stderr } = options.json ? { stdout: `${JSON.stringify(report)}\n`, stderr: '' } : formatReport(report);
      process.stderr.write(stderr);
      process.stdout.write(stdout);
      exitWith(report.ok ? EXIT.ok : EXIT.refused);
    });
  addDoctorCommand(program, paths.config, exitWith);
  addInvestigateCommand(program, paths.config, exitWith);
  addServiceCommands(program, say, exitWith);
  addSignCommand(program);
  addSignoffCommand(program, paths.config, say, exitWith);
  addAuditCommand(program, paths.config, exitWith);
  addPluginsCommand(program, paths.config, exitWith);
  addDevCommand(program);
  return program;
}
