import { TomlError, parse } from 'smol-toml';
import { isTable } from '../../config/check-table.ts';
import type { Table } from '../../config/check-table.ts';
import { Refused } from '../../errors.ts';
import { readGuarded } from '../../host/guarded-file.ts';

const MAX_BYTES = 256 * 1024;

/** A plugin's config from a file of its own: its keys alone, or as `[plugins.<name>.config]`. Throws `E_AGENT_REFUSED`, `E_FILE_MODE`. */
export function readSettings(path: string, name: string): Table {
  const text = readGuarded(path, { secrecy: 'public', maxBytes: MAX_BYTES }).toString('utf8');
  try {
    const file: Table = parse(text);
    if (!isTable(file['plugins'])) return file;
    const section = file['plugins'][name];
    const config = isTable(section) ? section['config'] : undefined;
    if (isTable(config)) return config;
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw Refused({ what: `${path}:${cause.line}: is no TOML; expected the keys of the plugin` }, { cause });
  }
  throw Refused({ what: `${path} has no [plugins.${name}.config]; expected that, or the keys alone` });
}
