/** What one child may use (SEC-124): the names stand in `[execution.limits]` and `[commands.<name>.limits]` too. */
export type LimitName = 'cpu_seconds' | 'memory_mb' | 'processes' | 'file_mb' | 'open_files' | 'nice';

/** Whole numbers; what is absent is not limited. Megabytes are 1,048,576 bytes. */
export type ProcessLimits = Readonly<Partial<Record<LimitName, number>>>;

const RANGES: Readonly<Record<LimitName, readonly [low: number, high: number]>> = {
  cpu_seconds: [1, 31_536_000],
  memory_mb: [16, 16_777_216],
  processes: [1, 4_194_304],
  file_mb: [1, 16_777_216],
  open_files: [16, 1_048_576],
  nice: [0, 19],
};

const LIMIT_NAMES = Object.keys(RANGES) as readonly LimitName[];

/** What is expected of one limit, or undefined when `value` is it. */
function limitProblem(name: LimitName, value: unknown): string | undefined {
  const [low, high] = RANGES[name];
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;
  return fits ? undefined : `a whole number from ${low} to ${high}`;
}

/** What is wrong with a table of limits, key by key; empty when it is {@link ProcessLimits}. */
export function limitsProblems(
  table: object,
): readonly { readonly key: string; readonly problem: string; readonly expected: string; readonly fix?: string }[] {
  return Object.entries(table).flatMap(([key, value]) => {
    const name = LIMIT_NAMES.find((known) => known === key);
    if (name === undefined)
      return [{ key, problem: 'is no limit', expected: `one of ${LIMIT_NAMES.join(', ')}`, fix: 'rename it, or remove it' }];
    const expected = limitProblem(name, value);
    return expected === undefined ? [] : [{ key, problem: `is ${JSON.stringify(value)}`, expected }];
  });
}
