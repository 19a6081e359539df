import { commonFeatures } from '@stormpulse/protocol';
import type { JsonObject, Payloads } from '@stormpulse/protocol';
import { hashSecret, sameHash } from '../auth/secret-text.ts';
import type { Clock } from '../config/options.ts';
import type { Ingest } from '../state/ingest.ts';
import { plainText, plainTextOrNull } from '../state/plain-text.ts';
import { asRecord } from '../state/record.ts';
import type { Manifest } from '../storage/agent-store.ts';
import type { Stores } from '../storage/stores.ts';
import type { Negotiated } from './link.ts';

/** What this hub can do beyond v1 (design, D1; hub page 5.3). */
export const HUB_FEATURES = [
  'results.ack',
  'plugin.state',
  'events.id',
  'request.bind',
  'command.cancel',
  'command.output',
  'audit.head',
  'link.seq',
  'plugin.manifest',
] as const;

const MAX_COMMANDS = 500;

/** Takes a `register`: undefined when its `pulse_token` is not the agent's. Has committed when it returns. */
export type Register = (agentId: string, payload: Payloads['register'], raw: JsonObject) => Negotiated | undefined;

export function createRegister(ports: { readonly stores: Stores; readonly ingest: Ingest; readonly clock: Clock }): Register {
  const { stores, ingest, clock } = ports;
  return (agentId, payload, raw) => {
    const known = stores.agents.secretsOf(agentId)?.pulseHash;
    if (known === undefined || !sameHash(known, hashSecret(payload.pulse_token))) {
      stores.anomalies.add(agentId, 'bad_token', {}, clock.now());
      return undefined;
    }
    const features = commonFeatures(HUB_FEATURES, payload.features);
    stores.transaction(() => {
      stores.agents.register(
        agentId,
        {
          version: plainText(payload.version, 100),
          os: osOf(raw['system_inventory']),
          features: [...features],
          manifest: manifestOf(payload.commands),
          logGroups: (payload.log_groups ?? []).map((name) => plainText(name, 200)),
          sealed: payload.signoff_sealed,
          unsealedSince: plainTextOrNull(payload.unsealed_since, 64),
        },
        clock.now(),
      );
      if (!features.has('plugin.manifest')) stores.manifests.drop(agentId);
      ingest.plugins(agentId, raw['integrations'] ?? olderGarage(raw), true);
    });
    return { plain: payload.features === undefined, features };
  };
}

function manifestOf(commands: Payloads['register']['commands']): Manifest {
  return Object.fromEntries(Object.entries(commands ?? {}).slice(0, MAX_COMMANDS));
}

function osOf(inventory: unknown): string | null {
  const os = asRecord(asRecord(inventory)['os']);
  const name = plainTextOrNull(os['pretty'], 100);
  return name ?? plainTextOrNull([os['id'], os['version']].filter((part) => typeof part === 'string').join(' '), 100);
}

/** Older agents sent a top-level `garage` in place of `integrations` (wire page 2.4). */
function olderGarage(raw: JsonObject): unknown {
  return raw['garage'] === undefined || raw['garage'] === null ? {} : { garage: raw['garage'] };
}
