import { Type } from '@stormpulse/sdk';
import type { Infer } from '@stormpulse/sdk';

/**
 * The keys of `[metrics]` that are this plugin's; `push_interval_seconds` and `collect_containers` are the agent's.
 * None of them changes what v1's `metrics.push` carries, only how much detail is published beside it.
 */
export const configSchema = Type.Object(
  {
    per_core: Type.Boolean({ default: true, description: 'Publish the usage of each CPU, not only of all together.' }),
    filesystems: Type.Boolean({ default: true, description: 'Publish every real file system, not only the root.' }),
    disk_io: Type.Boolean({ default: true, description: 'Publish read and write rates with each file system.' }),
    network: Type.Boolean({ default: true, description: 'Publish the counters of each network interface.' }),
  },
  { additionalProperties: false },
);

export type HostMetricsConfig = Infer<typeof configSchema>;
