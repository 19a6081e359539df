import type { Clock, LocalPolicy } from '@stormpulse/kernel';
import { isWithin } from './hours.ts';
import type { AllowedHours } from './hours.ts';

export interface LocalPolicyOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** This machine's own name. */
  readonly host: string;
  /** Wire names, or `group:NAME`. */
  readonly deny: readonly string[];
  /** Names of machines that may run commands; empty: any. */
  readonly hosts: readonly string[];
  /** Empty: always. */
  readonly hours: readonly (AllowedHours & { readonly line: string })[];
  /** By wire name. */
  readonly perMinute: Readonly<Record<string, number>>;
}

const MINUTE_MS = 60_000;
const ADVICE = 'the operator of this host can change it, the hub cannot';

/** SEC-073 as the host's `[policy]` table has it. What it refuses counts for no rate. */
export function createLocalPolicy(options: LocalPolicyOptions): LocalPolicy {
  const { clock, host, deny, hosts, hours, perMinute } = options;
  const runs = new Map<string, number[]>();

  const rateRefusal = (name: string): string | undefined => {
    const most = Object.hasOwn(perMinute, name) ? perMinute[name] : undefined;
    if (most === undefined) return undefined;
    const now = clock.monotonic();
    const recent = (runs.get(name) ?? []).filter((at) => now - at < MINUTE_MS);
    runs.set(name, recent);
    if (recent.length >= most) return `${name} may run ${most} times a minute here`;
    recent.push(now);
    return undefined;
  };

  const refusal = (name: string, group: string): string | undefined => {
    if (hosts.length > 0 && !hosts.includes(host)) return `commands run on ${hosts.join(', ')} only, and this machine is ${host}`;
    if (deny.includes(name)) return `${name} is denied here`;
    if (deny.includes(`group:${group}`)) return `the group ${group} is denied here`;
    const now = new Date(clock.now());
    if (hours.length > 0 && !hours.some((allowed) => isWithin(allowed, now)))
      return `commands run ${hours.map(({ line }) => line).join('; ')} only, in this host's own time`;
    return rateRefusal(name);
  };

  return {
    rules: { deny, hosts, hours: hours.map(({ line }) => line), per_minute: perMinute },
    refusalFor({ wireName, group }) {
      const why = refusal(wireName, group);
      return why === undefined ? undefined : `this host's [policy] refuses the command: ${why}; ${ADVICE}`;
    },
  };
}
