import { parse, stringify } from 'smol-toml';

type Table = Record<string, unknown>;

/** Sets keys of one table of a TOML text, `null` takes one away, a table within goes below it. Throws for what TOML has not. */
export function editTable(text: string, table: readonly string[], values: Readonly<Table>): string {
  const file: Table = parse(text);
  setKeys(
    table.reduce((at, key) => tableIn(at, key), file),
    values,
  );
  return stringify(file);
}

/** A part of a TOML text; undefined when it is not there. */
export function readTable(text: string, table: readonly string[]): unknown {
  return table.reduce<unknown>((at, key) => (isTable(at) ? at[key] : undefined), parse(text));
}

function setKeys(table: Table, values: Readonly<Table>): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === null) delete table[key];
    else if (isTable(value)) setKeys(tableIn(table, key), value);
    else {
      assertToml(key, value);
      table[key] = value;
    }
  }
}

function tableIn(parent: Table, key: string): Table {
  const found = (parent[key] ??= {});
  if (!isTable(found)) throw new Error(`${key} is no table`);
  return found;
}

function assertToml(key: string, value: unknown): void {
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return;
  if (Array.isArray(value)) value.forEach((item) => assertToml(key, item));
  else if (isTable(value)) Object.entries(value).forEach(([inner, item]) => assertToml(inner, item));
  else throw new Error(`${key} cannot be written as TOML: it is ${value === null ? 'null' : typeof value}`);
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
