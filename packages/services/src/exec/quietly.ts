/** What `attempt` answers; undefined when the system refuses, as it does when a process ends between two looks at it. */
export function quietly<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
