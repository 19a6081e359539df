import type { AbsolutePath } from './schema.ts';

/** One structured line. */
export interface LogRecord {
  /** Unix milliseconds. */
  readonly ts: number;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Where lines come from. */
export type LogSource = {
  /** Local id, published as `<plugin>.<id>`. */
  readonly id: string;
  /** The local id of a parser of the same plugin, or another plugin's, as `<plugin>.<id>`. */
  readonly parser: string;
} & (
  | { readonly file: AbsolutePath }
  | { readonly journalUnit: string }
  /** `from`: the cursor of the last line that was kept; undefined at the first time. */
  | { readonly open: (from: string | undefined, signal: AbortSignal) => AsyncIterable<LogLine> }
);

export interface LogLine {
  readonly cursor: string;
  readonly line: string;
}

export interface LogParser {
  /** Local id. */
  readonly id: string;
  /**
   * Pure and synchronous; undefined drops the line. One that throws costs its own line. The parser of a plugin that runs elsewhere
   * answers later: whoever calls it awaits, many lines at once.
   */
  readonly parse: (line: string) => LogRecord | undefined | Promise<LogRecord | undefined>;
}

/** Adds to the records of a parser what only this plugin knows. */
export interface LogEnricher {
  /** The parser whose records it sees, as `<plugin>.<id>`; one enricher a parser. */
  readonly parser: string;
  /** At most 2 s; one that throws or takes longer leaves the record as it was. */
  readonly enrich: (record: LogRecord) => LogRecord | Promise<LogRecord>;
}

/** What the plugins of this host declared and still stand for, every id as `<plugin>.<id>`. */
export interface LogCatalogue {
  readonly sources: readonly LogSource[];
  readonly parsers: readonly LogParser[];
  readonly enrichers: readonly LogEnricher[];
}

/** What is declared here is read by the plugin that ships logs. */
export interface Logs {
  /** Only during setup. A `file` must be one that capabilities().read names. */
  source(source: LogSource): void;
  /** Only during setup. */
  parser(parser: LogParser): void;
  /** Only during setup. */
  enricher(enricher: LogEnricher): void;
  /** As it is now; ask again after plugins came or went. Needs the capability `consumeLogs`. Rejects with `E_GRANT_LOGS`. */
  catalogue(): Promise<LogCatalogue>;
}
