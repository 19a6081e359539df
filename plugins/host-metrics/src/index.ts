import { definePlugin } from '@stormpulse/sdk';
import { defineHostMetrics } from './host-metrics.ts';

/** Figures of this host: v1's `metrics.push` fields, and detail beside them. */
export default definePlugin(defineHostMetrics());
