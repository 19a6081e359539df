import { stringify } from 'smol-toml';
import type { Table } from '../../config/check-table.ts';
import { setKeys } from '../../config/edit-toml.ts';
import type { TomlValue } from '../../config/edit-toml.ts';
import type { WrittenGrants } from '../../config/plugin-tables.ts';

/** What `[plugins.<name>]` is to say. */
export interface Section {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly integrity: string;
  readonly isolation: string;
  readonly grants: WrittenGrants;
  /** The plugin's own keys, where the file has none of them yet. */
  readonly newConfig?: Table;
}

const WORDS = ['exec', 'http', 'read', 'write', 'commands', 'gate', 'consumeLogs'] as const;

/** The file with that section; one that is there keeps its comments, its order and every other key. */
export function withSection(text: string, section: Section): string {
  const table = ['plugins', section.name];
  const comment = [
    `${section.package} ${section.version}, added by stormpulse plugins add. It may do what its grants say, and no more;`,
    'integrity is the digest of all of it, dependencies included: another tree is not loaded. docs: plugins guide',
  ];
  const { package: name, integrity, isolation } = section;
  const withTable = setKeys(text, table, { package: name, integrity, isolation }, comment);
  const granted = withGrants(withTable, section.name, section.grants);
  const { newConfig } = section;
  return newConfig === undefined ? granted : `${granted}\n${stringify({ plugins: { [section.name]: { config: newConfig } } })}`;
}

/** The file with other grants. */
export function withGrants(text: string, name: string, grants: WrittenGrants): string {
  const keys = WORDS.map((word): [string, TomlValue | undefined] => [word, grants[word]]);
  return setKeys(text, ['plugins', name, 'grants'], Object.fromEntries(keys));
}

/** The section to write by hand. */
export function sectionToml(section: Section): string {
  return withSection('', section).trim();
}
