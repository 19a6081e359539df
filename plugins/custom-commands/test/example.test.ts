import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { compileCommands } from '../src/compile.ts';
import { ALLOWANCES, CommandTable, ParamTable } from '../src/config.ts';
import type { CommandConfig } from '../src/config.ts';
import plugin from '../src/index.ts';
import { definition } from './definition.ts';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const example = parse(read('config.example.toml')) as unknown as { readonly commands: Record<string, CommandConfig> };
const project = { project_dir: '/srv/app', compose_file: '/srv/app/compose.yml', docker_service_name: 'web' };

describe('config.example.toml', () => {
  it('is accepted as it stands, without a warning', () => {
    const compiled = compileCommands({ ...example, project });
    expect(compiled).toMatchObject({ problems: [], omissions: [], warnings: [] });
    expect(compiled.commands.map((command) => definition(command).wireName)).toEqual(['site_logs', 'set_motd', 'rotate_key']);
  });

  it('shows every key', () => {
    const commands = Object.values(example.commands);
    const keys = (tables: readonly object[]): string[] => [...new Set(tables.flatMap((table) => Object.keys(table)))].sort();
    expect(keys(commands)).toEqual(Object.keys(CommandTable.properties).sort());
    expect(keys(commands.flatMap((table) => Object.values(table.params ?? {})))).toEqual(
      Object.keys(ParamTable.properties).sort(),
    );
  });
});

describe('README.md', () => {
  it.each([...Object.keys(CommandTable.properties).filter((key) => key !== 'params'), ...Object.keys(ParamTable.properties)])(
    'has a row for %s',
    (key) => {
      expect(read('README.md')).toMatch(new RegExp(`^\\| \`${key}\` \\|`, 'mu'));
    },
  );

  it.each(ALLOWANCES)('says what %s allows', (allowance) => {
    expect(read('README.md')).toContain(`| \`"${allowance}"\` |`);
  });

  it('has an example that is accepted', () => {
    const block = /```toml\n([\s\S]*?)```/u.exec(read('README.md'))?.[1] ?? '';
    const commands = (parse(block) as unknown as typeof example).commands;
    expect(compileCommands({ commands })).toMatchObject({
      problems: [],
      omissions: [],
      warnings: [],
      commands: [{ id: 'disk_usage' }],
    });
  });
});

describe('the plugin', () => {
  it('has the name that [commands.*] belongs to', () => {
    expect(plugin).toMatchObject({
      name: 'custom-commands',
      version: (JSON.parse(read('package.json')) as { version: string }).version,
    });
  });
});
