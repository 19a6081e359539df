export { openDatabase } from './open.ts';
export type { OpenDatabaseOptions } from './open.ts';
export type { Database, EngineName, Row, SqlValue, Statement } from './port.ts';
export { SqliteError } from './errors.ts';
export type { SqliteErrorCode } from './errors.ts';
