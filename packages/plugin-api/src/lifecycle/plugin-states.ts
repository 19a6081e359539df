/** Where a plugin stands; `ready` is the kernel's word, `degraded` the plugin's. */
export type PluginState =
  | 'discovered'
  | 'loaded'
  | 'configured'
  | 'starting'
  | 'ready'
  | 'degraded'
  | 'stopping'
  | 'stopped'
  | 'refused'
  | 'off'
  | 'failed';

const NEXT: Readonly<Record<PluginState, readonly PluginState[]>> = {
  discovered: ['loaded', 'refused', 'off'],
  loaded: ['configured', 'refused'],
  configured: ['starting', 'refused', 'stopping'],
  starting: ['ready', 'failed', 'stopping'],
  ready: ['degraded', 'stopping', 'failed'],
  degraded: ['ready', 'stopping', 'failed'],
  stopping: ['stopped'],
  stopped: [],
  refused: [],
  off: [],
  failed: ['stopping'],
};

/** True when a plugin may go from one state to the other. */
export function mayBecome(from: PluginState, to: PluginState): boolean {
  return NEXT[from].includes(to);
}
