/** Follows what one command tells while it runs (feature `command.output`). */
export function followOutput() {
  const told = { stdout: '', stderr: '' };
  let pieces = 0;
  let ordered = true;
  let firstAt;
  return {
    take({ stream, offset, text, seq }) {
      firstAt ??= process.hrtime.bigint();
      ordered &&= seq === pieces && offset === Buffer.byteLength(told[stream]);
      pieces += 1;
      told[stream] += text;
    },

    told,

    /** Nanoseconds of CLOCK_MONOTONIC when the first piece came; undefined before. */
    firstAt: () => firstAt,

    /** True when every piece followed the one before, and the result begins with what was told. */
    inOrder: (result) => ordered && result.stdout.startsWith(told.stdout) && result.stderr.startsWith(told.stderr),
  };
}
