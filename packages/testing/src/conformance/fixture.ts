/** What the checks need to know of a plugin's package. */
export interface ConformanceFixture {
  /** A configuration the plugin accepts. */
  readonly config: object;
  readonly pkg: { readonly name: string; readonly version: string };
  /** Default true, as in the harness. */
  readonly firstParty?: boolean;
  /** Parameters to call a command with, by its local id; without them: the defaults and examples of its schema. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;
  /** The folder of the package, for what its documents say. */
  readonly folder?: URL;
  /** Where the plugin's keys stand in `config.example.toml`. Default: `[plugins.<name>.config]`. */
  readonly example?: (toml: Readonly<Record<string, unknown>>) => unknown;
  /**
   * What the build made of the plugin: `conformance()` runs the checks of its code again with that file in a process of its own, and once
   * more in a thread.
   */
  readonly built?: URL;
  /** Waits until a plugin whose code runs elsewhere is at rest. Default: some turns of the event loop. */
  readonly settle?: () => Promise<void>;
}

/** Problems found; none when the check passes. */
export type Problems = readonly string[];
