import { conformance, createHarness } from '@stormpulse/sdk/testing';
import { expect, test } from 'vitest';
import pkg from '../package.json' with { type: 'json' };
import queueDepth from './index.ts';

const CONFIG = { origin: 'http://127.0.0.1:8000' };

test('publishes the depth as state, anew every 15 seconds', async () => {
  await using agent = await createHarness(queueDepth, { config: CONFIG });
  agent.http.on('GET /stats', { waiting: 3, oldestSeconds: 12.5, version: 'of no interest' });
  await agent.advance(15_000);
  expect(agent.state('queue-depth.depth')).toEqual({ waiting: 3, oldestSeconds: 12.5 });
  agent.http.on('GET /stats', { waiting: 0, oldestSeconds: 0 });
  await agent.advance(15_000);
  expect(agent.state('queue-depth.depth')).toEqual({ waiting: 0, oldestSeconds: 0 });
});

test('an answer of another shape is no state', async () => {
  await using agent = await createHarness(queueDepth, { config: CONFIG });
  agent.http.on('GET /stats', { waiting: 'many' });
  await agent.advance(15_000);
  expect(agent.state('queue-depth.depth')).toBeUndefined();
});

test('its probe says when something waits for too long', async () => {
  await using agent = await createHarness(queueDepth, { config: { ...CONFIG, late_seconds: 60 } });
  agent.http.on('GET /stats', { waiting: 1, oldestSeconds: 61 });
  await agent.advance(15_000);
  expect(await agent.probe('queue-depth.flow')).toEqual({ well: false, problem: 'the oldest entry waits for 61 s' });
});

conformance(queueDepth, {
  config: CONFIG,
  pkg,
  folder: new URL('../', import.meta.url),
  firstParty: false,
  built: new URL('../dist/index.js', import.meta.url),
});
