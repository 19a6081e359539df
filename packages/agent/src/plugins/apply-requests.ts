import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@stormpulse/plugin-api';

const NAME = /^apply-(\d{13,}-[0-9a-f]{12})$/u;

/**
 * Asks the running agent to take what the host's file and its grants say now (ADR 0015); gives the id that its answer names. It holds
 * nothing that could be obeyed: whoever can leave it can have the agent read its own file again. Throws what the file system says.
 */
export function leaveRequest(folder: string, now = Date.now()): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const id = `${now}-${randomBytes(6).toString('hex')}`;
  writeFileSync(join(folder, `apply-${id}`), '', { mode: 0o600, flag: 'wx' });
  return id;
}

/** Takes what was asked for, oldest first: their ids. */
export function takeRequests(folder: string): readonly string[] {
  const names = entriesOf(folder).filter((name) => NAME.test(name));
  for (const name of names) rmSync(join(folder, name), { force: true });
  return names.map((name) => name.replace(NAME, '$1')).sort();
}

/** Whether anything was left there. */
export function isAnythingLeft(folder: string): boolean {
  return entriesOf(folder).length > 0;
}

/** Calls back soon after something was left, until it is closed; a system that cannot watch is told, and the next start sees it. */
export function watchFolder(folder: string, logger: Logger, onChange: () => void): () => void {
  const failed = (error: unknown): void =>
    logger.warn({ err: error }, 'changes of plugins and grants are seen at the next start only');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on('error', failed);
    return () => watcher.close();
  } catch (error) {
    failed(error);
    return () => undefined;
  }
}

function entriesOf(folder: string): string[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder) : [];
}
