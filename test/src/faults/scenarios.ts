import { clockJumps } from './clock-jumps.ts';
import { cutLink } from './cut-link.ts';
import { fullDisk } from './full-disk.ts';
import { halfOpen } from './half-open.ts';
import { killedAgent } from './killed-agent.ts';
import { killedHub } from './killed-hub.ts';
import { mutatedFrames } from './mutated-frames.ts';
import type { Scenario } from './scenario.ts';
import { stalledAgent } from './stalled-agent.ts';

/** In the order they are played. */
export const SCENARIOS: readonly Scenario[] = [
  mutatedFrames,
  cutLink,
  stalledAgent,
  fullDisk,
  clockJumps,
  killedHub,
  halfOpen,
  killedAgent,
];
