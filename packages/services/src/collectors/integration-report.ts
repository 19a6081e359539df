import type { Payloads } from '@stormpulse/protocol';
import type { CollectedState, PluginStatus } from '@stormpulse/kernel';

type Report = NonNullable<Payloads['register']['integrations']>;

/** What a hub that knows no plugins can be told of (D1). */
const V1_INTEGRATIONS: readonly string[] = ['garage', 'caddy', 'rclone'];

/** How plugins stand, as hubs read it (wire page, 2.4); null when there is nothing to tell. */
export function integrationReport(
  plugins: readonly PluginStatus[],
  states: readonly CollectedState[],
  features: ReadonlySet<string>,
): Report | null {
  const all = features.has('plugin.state');
  const told = plugins.filter(({ name }) => all || V1_INTEGRATIONS.includes(name));
  if (told.length === 0 && !all) return null;
  return Object.fromEntries(
    told.map(({ name, state, reason }): [string, Report[string]] => {
      if (state === 'off') return [name, { status: 'disabled_choice', disabled_reason: null, state: null }];
      if (state === 'refused' || state === 'failed')
        return [name, { status: 'disabled_error', disabled_reason: reason ?? state, state: null }];
      const own = states.filter((entry) => entry.plugin === name).map((entry) => [entry.collector, entry.state]);
      return [name, { status: 'live', disabled_reason: null, state: Object.fromEntries(own) as Record<string, unknown> }];
    }),
  );
}
