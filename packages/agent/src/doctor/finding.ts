/** `wrong`: something does not work, or will not. `note`: worth knowing, and no reason to act by itself. */
export type Level = 'wrong' | 'note';

/** One thing that a doctor found, with what to do. */
export interface Finding {
  readonly level: Level;
  readonly problem: string;
  /** A file, with key and line where there is one; a variable; an address. */
  readonly where: string;
  readonly expected: string;
  readonly fix: string;
}

/** A finding, and who made it. */
export interface AreaFinding extends Finding {
  readonly area: string;
}
