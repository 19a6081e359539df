/** What statfs(2) says of a file system, in blocks of `blockBytes`. */
export interface BlockCounts {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly free: number;
  /** Free to others than root. */
  readonly available: number;
}

export interface Space {
  readonly total_bytes: number;
  readonly used_bytes: number;
  readonly available_bytes: number;
  /** Of what others than root can use, 0 to 100, unrounded; 0 for a file system without blocks. */
  readonly usage_pct: number;
}

/** Bytes and percent of a file system (wire page 7.1, VM operations page 6.3). */
export function toSpace({ blockBytes, blocks, free, available }: BlockCounts): Space {
  const used = Math.max(0, blocks - free);
  const usable = used + available;
  return {
    total_bytes: blocks * blockBytes,
    used_bytes: used * blockBytes,
    available_bytes: available * blockBytes,
    usage_pct: usable === 0 ? 0 : (100 * used) / usable,
  };
}
