/** What the checks need to know of a plugin's package. */
export interface ConformanceFixture {
  /** A configuration the plugin accepts. */
  readonly config: object;
  readonly pkg: { readonly name: string; readonly version: string };
  /** Default true, as in the harness. */
  readonly firstParty?: boolean;
}

/** Problems found; none when the check passes. */
export type Problems = readonly string[];
