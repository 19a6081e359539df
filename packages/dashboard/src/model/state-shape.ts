import { isRecord } from '../api/problem.ts';

export type Scalar = string | number | boolean | null;

/** How a plugin's state is drawn when it brings no hints (hub page, section 11.5): data, never code. */
export type StateShape =
  | { readonly kind: 'fact'; readonly name: string; readonly value: Scalar }
  | { readonly kind: 'gauge'; readonly name: string; readonly value: number }
  | { readonly kind: 'list'; readonly name: string; readonly values: readonly Scalar[]; readonly omitted: number }
  | {
      readonly kind: 'table';
      readonly name: string;
      readonly columns: readonly string[];
      readonly rows: readonly Row[];
      readonly omitted: number;
    }
  | { readonly kind: 'group'; readonly name: string; readonly shapes: readonly StateShape[]; readonly omitted: number }
  | { readonly kind: 'too-deep'; readonly name: string };

export type Row = Readonly<Record<string, Scalar>>;

export interface Shapes {
  readonly shapes: readonly StateShape[];
  readonly omitted: number;
}

const MAX_DEPTH = 4;
const MAX_KEYS = 60;
const MAX_ROWS = 50;
const MAX_COLUMNS = 12;

/** The parts of a state in drawing order: plain facts first, then gauges, lists, tables and groups. */
export function shapesOf(state: unknown): Shapes {
  if (isRecord(state)) return childrenOf(state, 0);
  return state === null || state === undefined ? { shapes: [], omitted: 0 } : { shapes: [shapeOf('', state, 0)], omitted: 0 };
}

function childrenOf(record: Record<string, unknown>, depth: number): Shapes {
  const entries = Object.entries(record);
  const shapes = entries.slice(0, MAX_KEYS).map(([name, value]) => shapeOf(name, value, depth));
  shapes.sort((a, b) => rank(a) - rank(b));
  return { shapes, omitted: Math.max(0, entries.length - MAX_KEYS) };
}

function shapeOf(name: string, value: unknown, depth: number): StateShape {
  if (isScalar(value)) {
    if (typeof value === 'number' && /percent$/i.test(name) && value >= 0 && value <= 100) return { kind: 'gauge', name, value };
    return { kind: 'fact', name, value };
  }
  if (depth >= MAX_DEPTH) return { kind: 'too-deep', name };
  if (Array.isArray(value)) return arrayOf(name, value as unknown[], depth);
  if (!isRecord(value)) return { kind: 'fact', name, value: null };
  const rows = rowsOfMap(value);
  if (rows !== null) return tableOf(name, rows);
  return { kind: 'group', name, ...childrenOf(value, depth + 1) };
}

function arrayOf(name: string, values: unknown[], depth: number): StateShape {
  const kept = values.slice(0, MAX_ROWS);
  const omitted = values.length - kept.length;
  if (kept.every(isScalar)) return { kind: 'list', name, values: kept, omitted };
  if (kept.every(isRecord)) {
    const table = tableOf(name, kept);
    return table.kind === 'table' ? { ...table, omitted } : table;
  }
  const shapes = kept.map((value, index) => shapeOf(String(index + 1), value, depth + 1));
  return { kind: 'group', name, shapes, omitted };
}

/** `{eth0: {…}, lo: {…}}`, all flat and alike in a column at least, reads best as a table with the key in front. */
function rowsOfMap(value: Record<string, unknown>): Record<string, unknown>[] | null {
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length < 2 || first === undefined || !isRecord(first[1])) return null;
  const shared = Object.keys(first[1]);
  const rows: Record<string, unknown>[] = [];
  for (const [key, row] of entries) {
    if (!isRecord(row) || !Object.values(row).every(isScalar) || !shared.some((name) => Object.hasOwn(row, name))) return null;
    rows.push({ name: key, ...row });
  }
  return rows;
}

function tableOf(name: string, records: readonly Record<string, unknown>[]): StateShape {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const shown = columns.slice(0, MAX_COLUMNS);
  const rows = records
    .slice(0, MAX_ROWS)
    .map((record) =>
      Object.fromEntries(shown.map((column) => [column, cellOf(Object.hasOwn(record, column) ? record[column] : null)])),
    );
  return { kind: 'table', name, columns: shown, rows, omitted: Math.max(0, records.length - MAX_ROWS) };
}

function cellOf(value: unknown): Scalar {
  return isScalar(value) ? value : (JSON.stringify(value) ?? null);
}

function rank(shape: StateShape): number {
  return ['fact', 'gauge', 'list', 'table', 'group', 'too-deep'].indexOf(shape.kind);
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
