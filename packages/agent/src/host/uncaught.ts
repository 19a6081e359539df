let isTakenBy: ((error: unknown) => boolean) | undefined;

/** Whether somebody answers for what nobody caught. */
export function isTaken(error: unknown): boolean {
  return isTakenBy?.(error) === true;
}

/**
 * Asks `takes` of what nobody caught, before the agent ends of it. An exception comes here only where a plugin's code may be in the agent;
 * one that `takes` does not know ends the agent as it would have.
 */
export function takeUncaught(takes: (error: unknown) => boolean): void {
  if (isTakenBy === undefined)
    process.on('uncaughtException', (error) => {
      if (isTaken(error)) return;
      process.stderr.write(`stormpulse: a bug: ${error.stack ?? error.message}\n`);
      process.exit(1);
    });
  isTakenBy = takes;
}
