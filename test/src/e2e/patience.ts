/** How long a test waits for what surely comes: only a failure takes all of it, so a loaded machine may be slow. */
export const PATIENT = { timeout: 40_000, interval: 50 };
