import type { AuditLog, Clock, EventLog } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { createPluginServices, createRevealSecret, openStoreFile } from '@stormpulse/services';
import type { PluginServicesOfAgent } from '@stormpulse/services';

/** What stands behind `ctx` of this host's plugins: their values in `<db_path>.plugins`, secrets from files and this environment. */
export function openPluginServices(
  databasePath: string,
  env: Readonly<Record<string, string | undefined>>,
  around: { readonly clock: Clock; readonly events: EventLog; readonly audit: AuditLog; readonly logger: Logger },
): PluginServicesOfAgent {
  const { clock, events, audit, logger } = around;
  const stores = openStoreFile({ path: `${databasePath}.plugins`, logger });
  return createPluginServices({ clock, random: Math.random, events, audit, stores, reveal: createRevealSecret(env) });
}
