import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentEnvironment, installBundle, runArguments, writeConfig } from './agent-under-test.mjs';
import { startDriver } from './driver.mjs';
import { bundleFloor } from './floor-bundle.mjs';
import { createAuthority, writeCredentials } from './pki.mjs';
import { createProcesses } from './processes.mjs';
import { pause } from './sampling.mjs';

/** A new nonce store takes commands dated 5 s after it was made, and no earlier ones. */
const FLOOR_MS = 6_000;

/** The hub's side of a bench and the agents at it, in a temporary folder. The agents of `live` tell output while a command runs. */
export async function openStage(name, { live = [] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), `stormpulse-bench-${name}-`));
  const processes = createProcesses();
  const authority = await createAuthority();
  const driver = await startDriver(authority, { live });
  const hmacKey = Buffer.from(randomBytes(32).toString('hex'));

  /** `flags`: Node's own, before the program; `onLine` sees what it prints. */
  async function startAgent(agentId, { pushSeconds, flags = [], onLine } = {}) {
    const home = join(folder, agentId);
    const credentials = join(home, 'credentials');
    await writeCredentials(authority, credentials, agentId, hmacKey);
    const { file, args, env } = await installBundle(join(home, 'bundle'));
    const config = await writeConfig(home, { agentId, url: driver.url, pulseToken: randomUUID(), credentials, pushSeconds });
    const agent = processes.start(file, [...flags, ...args, ...runArguments(config)], { env, onLine });
    await explain(driver.whenRegistered(agentId), agent);
    return agent;
  }

  async function startFloor(agentId, { flags = [], onLine } = {}) {
    const home = join(folder, agentId);
    await writeCredentials(authority, home, agentId, hmacKey);
    const script = join(home, 'roundtrip-agent.mjs');
    await bundleFloor('roundtrip-agent', script);
    const floor = processes.start(process.execPath, [...flags, script, driver.url, home, agentId], {
      env: agentEnvironment(home),
      onLine,
    });
    await explain(driver.whenRegistered(agentId), floor);
    return floor;
  }

  return {
    folder,
    processes,
    driver,
    startAgent,
    startFloor,

    /** Resolves when the agents' nonce stores take commands. */
    whenReady: () => pause(FLOOR_MS),

    /** Orders one command; see the driver's `order`. */
    order: (agentId, command, params, withinMs) => driver.order(agentId, hmacKey, { command, params, withinMs }),

    async close() {
      await processes.stopAll();
      await driver.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An agent that does not come up says why on its own output. */
async function explain(registered, agent) {
  const ended = once(agent.child, 'exit').then(([code]) => Promise.reject(new Error(`an agent ended with ${code}`)));
  try {
    await Promise.race([registered, ended]);
  } catch (error) {
    throw new Error(`${error.message}; it said:\n${agent.lines.join('\n')}`, { cause: error });
  }
}
