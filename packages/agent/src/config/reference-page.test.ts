import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KeySpec } from './check-table.ts';
import { INTEGRATIONS, LOG_GROUP } from './integrations.ts';
import { GRANTS_TABLE, PLUGIN_TABLE } from './plugin-tables.ts';
import { AWAITED_TABLES, OTHER_TABLES, SECTIONS } from './sections.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/reference/config.md'), 'utf8');

/** The rows of the table whose first column is headed `first`, cells trimmed. */
function table(first: string): string[][] {
  const lines = page.split('\n');
  const rows = lines.slice(lines.findIndex((line) => line.startsWith(`| ${first} |`)) + 2);
  return rows.slice(0, rows.indexOf('')).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const WORDS: Readonly<Record<KeySpec['type'], string>> = {
  string: 'text',
  text: 'text',
  table: 'table',
  number: 'number',
  boolean: 'boolean',
  strings: 'list of text',
  path: 'path',
};

describe('docs/reference/config.md', () => {
  const specs = Object.entries(SECTIONS).flatMap(([section, { keys }]) =>
    Object.entries(keys).map(([key, spec]) => [`${section}.${key}`, spec] as const),
  );

  it('has a row for each key of each section, and no other, in their order', () => {
    expect(table('key').map(([key]) => key)).toEqual(specs.map(([key]) => `\`${key}\``));
  });

  it.each(specs)('%s: type and default', (key, spec) => {
    const row = table('key').find(([name]) => name === `\`${key}\``);
    // The metrics plugin has its own defaults; its page's test is beside it.
    const fallback = key.startsWith('metrics.') && spec.required === undefined ? true : spec.fallback;
    const shown = fallback === undefined ? 'none' : `\`${JSON.stringify(fallback)}\``;
    expect(row?.slice(1, 3)).toEqual([WORDS[spec.type], spec.required === true ? 'required' : shown]);
  });

  it("calls the keys of our sections ours, and v1's required ones v1's", () => {
    for (const [key, spec] of specs) {
      const from = table('key').find(([name]) => name === `\`${key}\``)?.[4];
      if (SECTIONS[key.split('.')[0] ?? '']?.ours === true) expect([key, from]).toEqual([key, 'ours']);
      else if (spec.required === true) expect([key, from]).toEqual([key, 'v1']);
    }
  });

  it('has a row for each other table, and says which plugin is awaited', () => {
    expect(table('table').map(([name]) => name)).toEqual(OTHER_TABLES.map((name) => `\`${name}\``));
    const awaited = table('table').filter(([, by]) => by?.includes('not in this version yet'));
    expect(awaited.map(([name]) => name)).toEqual(Object.keys(AWAITED_TABLES).map((name) => `\`${name}\``));
  });

  const others = Object.entries({
    ...INTEGRATIONS,
    log_groups: LOG_GROUP,
    'plugins.<name>': PLUGIN_TABLE,
    'plugins.<name>.grants': GRANTS_TABLE,
  });
  const otherSpecs = others.flatMap(([name, { keys }]) =>
    Object.entries(keys).map(([key, spec]) => [`${name}.${key}`, spec] as const),
  );

  it('has a row for each key of the tables of plugins to come, and no other', () => {
    expect(table('key of a plugin').map(([key]) => key)).toEqual(otherSpecs.map(([key]) => `\`${key}\``));
  });

  it.each(otherSpecs)('%s: type and default', (key, spec) => {
    const row = table('key of a plugin').find(([name]) => name === `\`${key}\``);
    const shown = spec.fallback === undefined ? 'none' : `\`${JSON.stringify(spec.fallback)}\``;
    expect(row?.slice(1, 3)).toEqual([WORDS[spec.type], spec.required === true ? 'required' : shown]);
  });
});
