import { Option } from 'commander';
import type { Command } from 'commander';
import type { DevOptions } from './dev/dev.ts';

const HELP = `
The plugin is packed with what it needs, installed and granted what it asks for, and run as on a host: isolated, checked, signed
commands only. Whatever is saved is built (npm run build, where the package has that), packed and loaded again; what does not build or
start is told, and the version before stays. Its keys come from config.example.toml, unless --settings names another file.

At the prompt: the name of a command with its parameters, such as greet who=Ada; help lists them; Ctrl-C or the end of the input ends
everything that was started and removes its state.
`;

/** Adds `stormpulse dev`; what it does is loaded when it is asked for. */
export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .description(
      'Run an agent and a throw-away hub on this machine with the plugin of a folder, loaded again on each save. For its author.',
    )
    .argument('[folder]', "the plugin's package", '.')
    .addOption(new Option('--isolation <how>', 'how it is run').choices(['process', 'worker', 'none']).default('process'))
    .option('--settings <file>', "the plugin's own keys, as TOML")
    .addHelpText('after', HELP)
    .action(async (folder: string, options: DevOptions) => {
      const { dev } = await import('./dev/dev.ts');
      await dev(folder, options);
    });
}
