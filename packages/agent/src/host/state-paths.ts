import { dirname, join } from 'node:path';

/** Events that the hub did not acknowledge yet: `<state folder>/events.jsonl`. */
export function eventsPath(databasePath: string): string {
  return join(dirname(databasePath), 'events.jsonl');
}

/** The host's own record: `<state folder>/audit`. */
export function auditFolder(databasePath: string): string {
  return join(dirname(databasePath), 'audit');
}

/** Which third-party plugin's code the agent's event loop is in: `<state folder>/plugin-loop`. */
export function loopMarkPath(databasePath: string): string {
  return join(dirname(databasePath), 'plugin-loop');
}
