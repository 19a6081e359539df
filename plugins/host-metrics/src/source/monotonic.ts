/** Milliseconds that no step of the wall clock moves; `performance.now` would load eight modules of Node for it. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
