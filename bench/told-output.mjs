/**
 * Follows what one command tells while it runs, piece by piece: `take` gets each with `at`, how much of its stream came before, in the
 * unit of `lengthOf`; and `seq`, its number, where there is one.
 */
export function followOutput(lengthOf) {
  const told = { stdout: '', stderr: '' };
  let pieces = 0;
  let ordered = true;
  let firstAt;
  return {
    take({ stream, at, text, seq = pieces }) {
      firstAt ??= process.hrtime.bigint();
      ordered &&= seq === pieces && at === lengthOf(told[stream]);
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
