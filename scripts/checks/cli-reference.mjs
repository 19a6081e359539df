// docs/reference/cli.md is what the command line itself says of each command, so that the page cannot say anything else.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const PAGE = 'docs/reference/cli.md';
const WIDTH = 110;

const HEAD = `# Command line

Made from the commands themselves by \`npm run check -- --update\`; \`npm run check\` fails when it is out of date.

Paths are those of root (system mode). For everybody else the file is \`~/.config/stormpulse/stormpulse.toml\`, the credentials lie beside
it. What a program reads goes to standard output, everything else to standard error. \`--json\` prints one JSON object on one line; keys are
added, never renamed.

| exit code | means |
|---|---|
| 0 | done; \`doctor\`: nothing is wrong; \`investigate\`: the case is finished, whatever its verdicts; \`status\`: always |
| 1 | refused, with what, where, expected and what to do; \`doctor\`, \`config check\`: something is wrong; a group without its command |
| 2 | a wrong command line |
| other | \`logs\` and \`restart\`: that of journalctl and systemctl |
`;

/** The page as it should be. Reads what was compiled. */
export async function cliReference(root) {
  const from = (path) => import(pathToFileURL(join(root, 'packages/agent/dist', path)).href);
  const [{ createProgram }, { defaultPaths }] = [await from('cli/program.js'), await from('config/paths.js')];
  const nothing = () => undefined;
  const program = createProgram(nothing, nothing, defaultPaths({}, 0));
  const commands = leaves(program);
  const table = commands.map(
    ({ path, command }) => `| [\`${path}\`](#${path.replaceAll(' ', '-')}) | ${command.description()} |`,
  );
  const sections = commands.map(({ path, command }) => `## ${path}\n\n\`\`\`text\n${help(command)}\n\`\`\`\n`);
  return `${HEAD}\n| command | what it does |\n|---|---|\n${table.join('\n')}\n\n${sections.join('\n')}`;
}

function leaves(command, path = command.name()) {
  const own = command.commands.filter(({ _hidden }) => _hidden !== true);
  if (own.length === 0) return [{ path, command }];
  return own.flatMap((child) => leaves(child, `${path} ${child.name()}`));
}

function help(command) {
  let text = '';
  command.configureOutput({
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}

/** A sentence when the page is not what the commands say; with `update` it is written anew first. */
export async function checkCliReference(root, { update = false } = {}) {
  const path = join(root, PAGE);
  const now = await cliReference(root);
  if (update) writeFileSync(path, now);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (before === now) return [];
  const [was, is] = [before.split('\n'), now.split('\n')];
  const at = [...is, ...was].findIndex((_, index) => is[index] !== was[index]);
  return [
    `${PAGE} is not what the commands say (line ${at + 1}: "${was[at] ?? ''}", expected "${is[at] ?? ''}"); run: npm run check -- --update`,
  ];
}
