/** What an isolated plugin may use before it is stopped and started again (SEC-207, SEC-211). */
export interface IsolationLimits {
  /** Resident, of its process; heap and buffers, of its thread. */
  readonly memoryMb: number;
  /** Percent of one core, in each second for `cpuSeconds`; of a process alone, since no thread can be told apart. */
  readonly cpuPercent: number;
  readonly cpuSeconds: number;
  /** How long it may answer nothing at all. */
  readonly silentMs: number;
  /** From the import of its code to the end of its setup. */
  readonly setupMs: number;
  /** From a signal that asks a call to end to its answer. */
  readonly graceMs: number;
  /** Frames and bytes a second that it may send. */
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Failures within `failuresWithinMs` after which it stays off. */
  readonly failures: number;
  readonly failuresWithinMs: number;
  /** Before it is started again the first time; doubled each time, up to `backoffMaxMs`. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** V8's heap. */
  readonly heapMb: number;
}

export const DEFAULT_LIMITS: IsolationLimits = {
  memoryMb: 200,
  cpuPercent: 10,
  cpuSeconds: 12,
  silentMs: 4_000,
  setupMs: 20_000,
  graceMs: 6_000,
  framesPerSecond: 20_000,
  bytesPerSecond: 64 * 1_048_576,
  failures: 5,
  failuresWithinMs: 600_000,
  backoffMs: 1_000,
  backoffMaxMs: 60_000,
  heapMb: 128,
};
