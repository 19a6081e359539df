import type { CollectorHandle, JobCall, PluginContext, Secret, Store, WizardHost } from '@stormpulse/plugin-api';
import type { Args } from './rpc.ts';

/** A call into a plugin that runs elsewhere. */
export interface Ask {
  /** What is asked, for a refusal: `command "clear"`. */
  readonly what: string;
  /** Gives up after so many milliseconds. Absent: its caller has a deadline, and says so by `signal`. */
  readonly ms?: number;
  readonly signal?: AbortSignal;
}

/** A plugin's code in its own process or thread, as its stand-in in the kernel uses it. */
export interface Remote {
  /** Rejects with what the plugin threw, `E_PLUGIN_AWAY`, `E_PLUGIN_ENDED` or `E_PLUGIN_SILENT`. */
  ask(name: string, args: Args, how: Ask): Promise<unknown>;
  /** In setup: what the plugin's own calls reach. */
  attach(host: Host): void;
  /** Makes a number under which the plugin tells of one run; `over` forgets it. */
  runs: {
    begin(members: RunMembers): number;
    over(run: number): void;
  };
  start(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What a run can tell besides its result. */
export type RunMembers = Partial<
  Pick<JobCall<unknown, unknown>, 'output' | 'progress' | 'checkpoint'> & Pick<WizardHost, 'exists'>
>;

/** What the calls of a plugin reach: its own `ctx`, and what it declared on it. */
export interface Host {
  readonly ctx: PluginContext<unknown>;
  /** Those that the operator's config names. */
  readonly secrets: readonly Secret[];
  readonly collectors: ReadonlyMap<string, CollectorHandle<unknown>>;
  readonly stores: ReadonlyMap<string, Store<unknown>>;
}
