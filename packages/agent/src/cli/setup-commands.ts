import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';

const INIT_HELP = `
As root it sets up the agent of this host (system mode), as anybody else an agent of their own (user mode): account, folders, file, unit, the
wizards of plugins, and the service. Everything is asked first and shown as a difference; nothing is changed before you agree, and what fails or is cut
off is taken back. Run again it changes what differs, and nothing when nothing does. What the file has besides is kept.

With a plugin's name its wizard alone is run; "stormpulse NAME init" is the same.

The file of --answers is TOML, and others may not read it: pulse_token, dashboard_url, project_dir, compose_file, docker_service_name, env_file,
and [plugins.NAME] with the answers for the wizard of a plugin. What it leaves out is what would have been proposed.

Exit code: 0 done, or nothing was to be done, or you said no; 1 refused, not answered to the end, or something failed.

Examples:
  sudo stormpulse init
  stormpulse init --dry-run
  stormpulse init --answers /root/answers.toml --force
  stormpulse docker init
`;

const UNINSTALL_HELP = `
Stops the service and removes what init and the agent made: unit, file, credentials, state, packages of plugins, account. It says what it
leaves: this program, the deployment, the journal of the system. The hub keeps what it knows; revoke the agent there.
`;

const MIGRATE_HELP = `
Run as the user who is to have it, on a host whose agent was set up by root (of this version or of v1). It stops and disables that one's service,
takes over file (paths changed, comments kept), credentials, nonces, audit log, what waits to be sent, packages of plugins with their grants, and
starts a service of this user. The hatch arrives closed. sudo is asked to read, stop and, if anything fails, start again what is root's; nothing
of this user's is written by root. What fails or is cut off is taken back. What the host's agent had stays until root runs "stormpulse uninstall".

Exit code: 0 done, or you said no; 1 refused, or taken back.
`;

interface Modes {
  readonly system: boolean;
  readonly user: boolean;
}
interface Init extends Modes {
  readonly credsDir?: string;
  readonly answers?: string;
  readonly dryRun: boolean;
  readonly force: boolean;
}

/** Adds `init`, `migrate-to-rootless` and `uninstall`; what they do is loaded when it is asked for. */
export function addSetupCommands(program: Command, say: (line: string) => void, exitWith: (code: number) => void): void {
  const moded = (command: Command): Command =>
    command
      .option('--system', 'the agent of this host, as root (what root gets anyway)', false)
      .option('--user', 'an agent of your own (what anybody else gets anyway)', false);
  moded(program.command('init').description('Set this host up: from credentials to a running service.'))
    .argument('[plugin]', 'set up this plugin alone, on a host that is set up')
    .option('--creds-dir <dir>', 'where enroll put the credentials, when not in their usual place')
    .option('--answers <file>', 'take the answers from this file, and ask nobody')
    .option('--dry-run', 'show what would be done, and change nothing', false)
    .option('--force', "change a host's file that is there without asking", false)
    .addHelpText('after', INIT_HELP)
    .action(async (plugin: string | undefined, options: Init) => {
      const { withSetup } = await import('./setup/with-setup.ts');
      const { init, initPlugin } = await import('./setup/init.ts');
      const done = await withSetup({ ...options, say }, async (deps) =>
        plugin === undefined
          ? await init({ credsDir: options.credsDir, dryRun: options.dryRun, force: options.force }, deps)
          : await initPlugin(plugin, options, deps),
      );
      exitWith(done ? EXIT.ok : EXIT.refused);
    });
  program
    .command('migrate-to-rootless')
    .description('Make the agent of this host your own: system mode becomes user mode, all of it or nothing.')
    .option('--force', 'move what you have of an agent already aside', false)
    .option('-y, --yes', 'agree beforehand', false)
    .option('--dry-run', 'show what would be done, and change nothing', false)
    .addHelpText('after', MIGRATE_HELP)
    .action(async (options: { readonly force: boolean; readonly yes: boolean; readonly dryRun: boolean }) => {
      const { withSetup } = await import('./setup/with-setup.ts');
      const { migrate } = await import('./setup/migrate.ts');
      const { systemPlaces } = await import('./setup/system-install.ts');
      const request = { system: false, user: false, say, asksNobody: options.yes || options.dryRun };
      const done = await withSetup(request, async (deps) => await migrate(options, systemPlaces(), deps));
      exitWith(done ? EXIT.ok : EXIT.refused);
    });
  moded(program.command('uninstall').description('Take the agent off this host, and say what is left.'))
    .option('-y, --yes', 'agree beforehand', false)
    .option('--dry-run', 'show what would be removed, and change nothing', false)
    .addHelpText('after', UNINSTALL_HELP)
    .action(async (options: Modes & { readonly yes: boolean; readonly dryRun: boolean }) => {
      const { withSetup } = await import('./setup/with-setup.ts');
      const { uninstall } = await import('./setup/uninstall.ts');
      const done = await withSetup(
        { ...options, say, asksNobody: options.yes || options.dryRun },
        async (deps) => await uninstall(options, deps),
      );
      exitWith(done ? EXIT.ok : EXIT.refused);
    });
}

/** `stormpulse NAME init …` is `stormpulse init NAME …`, unless NAME is a command that takes "init" for itself. */
export function withPluginInit(args: readonly string[], commands: readonly string[]): readonly string[] {
  const [name = '', verb, ...rest] = args;
  const isPlugin = /^[a-z][a-z0-9-]{1,31}$/u.test(name) && !NOT_PLUGINS.has(name);
  return verb === 'init' && isPlugin && (!commands.includes(name) || OWN_GROUPS.has(name)) ? ['init', name, ...rest] : args;
}

/** Plugins of the agent that have commands of their own beside `init`. */
const OWN_GROUPS: ReadonlySet<string> = new Set(['signoff', 'docker', 'git']);
const NOT_PLUGINS: ReadonlySet<string> = new Set(['init', 'help']);
