import { readFileSync } from 'node:fs';
import type { Plugin, TSchema } from '@stormpulse/plugin-api';
import { isAgentError } from '@stormpulse/plugin-api';
import { parseConfig } from '@stormpulse/plugin-api/internal';
import { parse } from 'smol-toml';
import { manifestText, readmeText } from '../documents/documents.ts';
import { definitionOrThrow } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';

type Table = Readonly<Record<string, unknown>>;

/** C15: `config.example.toml` parses, is accepted, shows every key, and names the true defaults where it comments a key out. */
export function checkExample(plugin: Plugin, { folder, example }: ConformanceFixture): Problems {
  if (folder === undefined) return [];
  const { configSchema, name } = definitionOrThrow(plugin);
  const text = readText(folder, 'config.example.toml');
  if (text === undefined) return ['there is no config.example.toml; show every key there'];
  const path = `plugins.${name}.config`;
  const config = (example ?? ((toml) => at(toml, path)))(parse(text));
  if (config === undefined) return [`config.example.toml has no [${path}]`];
  const mentioned = new Set(Object.keys(config as object));
  const problems: string[] = [];
  for (const line of text.matchAll(/^#\s?([A-Za-z_][\w-]*) = .+$/gmu)) {
    const schema = configSchema.properties[line[1] ?? ''];
    if (schema === undefined) continue;
    mentioned.add(line[1] ?? '');
    const claimed = JSON.stringify(at(parse(line[0].replace(/^#\s?/u, '')), line[1] ?? ''));
    const truth = JSON.stringify(schema['default']);
    if (truth !== undefined && claimed !== truth)
      problems.push(`config.example.toml says that ${line[1]} is ${claimed} by default, it is ${truth}`);
  }
  const silent = Object.keys(configSchema.properties).filter((key) => !mentioned.has(key));
  return [
    ...problems,
    ...silent.map((key) => `config.example.toml does not show the key "${key}"`),
    ...refusals(configSchema, config),
  ];
}

/** C16: `manifest.json` and the tables of the README are what the code produces for the config of the fixture. */
export function checkDocuments(plugin: Plugin, { folder, config }: ConformanceFixture): Problems {
  if (folder === undefined) return [];
  const readme = readText(folder, 'README.md');
  const fix = 'run `npx stormpulse-plugin docs` and look at the difference';
  return [
    ...(readText(folder, 'manifest.json') === manifestText(plugin, config)
      ? []
      : [`manifest.json is not what the code declares; ${fix}`]),
    ...(readme !== undefined && readme === readmeText(readme, plugin, config)
      ? []
      : [`the generated tables of README.md are not what the code declares; ${fix}`]),
  ];
}

function refusals(schema: TSchema, config: unknown): Problems {
  try {
    parseConfig(schema, config);
    return [];
  } catch (error) {
    if (isAgentError(error)) return [`config.example.toml is refused: ${error.message}`];
    throw error;
  }
}

function at(root: unknown, path: string): Table | undefined {
  let node = root;
  for (const key of path.split('.')) node = (node as Table | undefined)?.[key];
  return node as Table | undefined;
}

function readText(folder: URL, name: string): string | undefined {
  try {
    return readFileSync(new URL(name, folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
