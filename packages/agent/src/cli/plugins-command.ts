import { Option } from 'commander';
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import type { PluginsDeps } from './plugins/plugins-host.ts';

const HELP = `
A plugin of others is loaded when the host's file names it, its digest is right, and its grants hold what it asks for. These commands
write that file as an editor would, comments and order kept, and leave a line in the host's own record (stormpulse audit show).
An agent that runs is told, takes what it can without a restart, and says what came of it.

Exit code: 0 done, 1 refused, 2 a wrong command line, 3 the update asks for more and waits for a grant.

Examples:
  stormpulse plugins add @example/stormpulse-plugin-weather     from the registry
  stormpulse plugins add ./weather-1.2.0.tgz                    from a tarball, without a network when it bundles what it needs
  stormpulse plugins update weather                             the newest version, when it asks for no more than before
  stormpulse plugins revoke weather exec=/usr/bin/uptime        one right less
`;

interface Common {
  readonly config: string;
  readonly yes: boolean;
}
interface Adding extends Common {
  readonly name?: string;
  readonly isolation?: 'process' | 'worker' | 'none';
  readonly registry?: string;
  readonly settings?: string;
  readonly allowOlder: boolean;
}

/** Adds `stormpulse plugins` to the command line; what it does is loaded when it is asked for. */
export function addPluginsCommand(program: Command, config: string, exitWith: (code: number) => void): void {
  const plugins = program
    .command('plugins')
    .description("Plugins: those of others that this host's file enables, and what each may do.")
    .addHelpText('after', HELP);
  const changing = (name: string): Command =>
    plugins
      .command(name)
      .option('--config <file>', "the host's file", config)
      .option('-y, --yes', 'agree beforehand to what would be asked', false);
  const adding = (name: string): Command =>
    changing(name)
      .option('--registry <url>', 'a registry of npm; default: the public one')
      .option('--allow-older', 'take a version older than one this host had', false);

  adding('add')
    .description('Install a plugin, show what it asks for, and with your consent write its section.')
    .argument('<source>', 'a folder, a tarball, or the name of a package, such as @example/weather@1.2.0')
    .option('--name <name>', 'the key of its section; default: made of the name of the package')
    .addOption(new Option('--isolation <how>', 'how it is run; default: process').choices(['process', 'worker', 'none']))
    .option('--settings <file>', "the plugin's own keys, as TOML: such as a copy of its config.example.toml")
    .action(async (source: string, options: Adding) => {
      const { addPlugin } = await import('./plugins/add.ts');
      await addPlugin(options.config, source, options, await deps(options.registry));
    });
  adding('update')
    .description('Bring another version in. One that asks for more waits for a grant; one that does not start changes nothing.')
    .argument('<name>', 'the plugin')
    .argument('[source]', 'a folder, a tarball, or a package with its version; default: the newest of its package')
    .action(async (name: string, source: string | undefined, options: Adding) => {
      const { updatePlugin } = await import('./plugins/add.ts');
      const outcome = await updatePlugin(options.config, name, source, options, await deps(options.registry));
      exitWith(outcome === 'waits' ? EXIT.waits : EXIT.ok);
    });
  changing('remove')
    .description('Take a plugin out of the file, and its code off this host.')
    .argument('<name>', 'the plugin')
    .action(async (name: string, options: Common) => {
      const { removePlugin } = await import('./plugins/remove.ts');
      await removePlugin(options.config, name, options, await deps());
    });
  changing('grant')
    .description('Show what a plugin asks for besides what it has, and with your consent grant it; also a version that waits.')
    .argument('<name>', 'the plugin')
    .option('--until <time>', 'it may be loaded until then, such as 2027-03-04')
    .action(async (name: string, options: Common & { until?: string }) => {
      const { grantPlugin } = await import('./plugins/grant.ts');
      await grantPlugin(options.config, name, options, await deps());
    });
  changing('revoke')
    .description('Take a version back for good, or some of its rights; a running agent refuses its commands at once.')
    .argument('<name>', 'the plugin')
    .argument(
      '[words...]',
      'rights: exec, http, read, write, commands, gate, consumeLogs, or one of a list: exec=/usr/bin/uptime',
    )
    .action(async (name: string, words: string[], options: Common) => {
      const { revokePlugin } = await import('./plugins/grant.ts');
      await revokePlugin(options.config, name, words, options, await deps());
    });
  plugins
    .command('list')
    .description('Every plugin of the file, and how it does. Changes nothing, runs nothing.')
    .option('--config <file>', "the host's file", config)
    .option('--json', 'as one JSON array', false)
    .action(async (options: { config: string; json: boolean }) => {
      const { listPlugins, listText } = await import('./plugins/list.ts');
      const found = listPlugins(options.config, {});
      process.stdout.write(`${options.json ? JSON.stringify(found) : listText(found)}\n`);
    });
  plugins
    .command('inspect')
    .description('What a plugin may do, what it asks for, its commands and versions. Runs nothing of a package.')
    .argument('<name>', 'the plugin')
    .option('--config <file>', "the host's file", config)
    .option('--json', 'as one JSON object', false)
    .action(async (name: string, options: { config: string; json: boolean }) => {
      const { inspectPlugin, inspectText } = await import('./plugins/inspect.ts');
      const found = await inspectPlugin(options.config, name, {});
      process.stdout.write(`${options.json ? JSON.stringify(found) : inspectText(found)}\n`);
    });
}

async function deps(registry?: string): Promise<PluginsDeps> {
  // What is installed is for the agent's user to read, whatever root's mask says.
  process.umask(0o022);
  const { isolatingRunner } = await import('../plugins/isolating-runner.ts');
  const { createLogger, createSystemClock } = await import('@stormpulse/services');
  const { askAtTerminal } = await import('./plugins/ask.ts');
  const { npmIn } = await import('./plugins/npm.ts');
  return {
    runnerAs: (user) => {
      const runAs = process.geteuid?.() === 0 && user.uid !== 0 ? { runAs: user } : {};
      return isolatingRunner({ clock: createSystemClock(), logger: createLogger({ level: 'ERROR', form: 'json' }), ...runAs });
    },
    ask: askAtTerminal,
    print: (line) => process.stdout.write(`${line}\n`),
    npm: npmIn(registry),
  };
}
