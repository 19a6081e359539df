/**
 * How frames are read. `hardened` is the default: the strict reading of protocol v1 (SEC-050 to SEC-057).
 * `reference` gives the verdicts of the reference agent, its oddities included.
 */
export type Dialect = 'hardened' | 'reference';
