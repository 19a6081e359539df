import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Refused } from '../../errors.ts';

/** What is used of a hub in this process. */
export interface DevHub {
  readonly agentsUrl: string;
  readonly peopleUrl: string;
  setupLink(): Promise<string>;
  createToken(agentId: string): Promise<{ readonly token: string }>;
  close(): Promise<void>;
}

interface HubPackage {
  createHub(options: object): Promise<DevHub>;
}

/** Starts the hub that is installed beside the plugin, or beside this agent, on loopback. Rejects with `E_AGENT_REFUSED`. */
export async function startHub(pluginFolder: string, stateDir: string): Promise<DevHub> {
  const any = { host: '127.0.0.1', port: 0 };
  const hub = (await import(findHub(pluginFolder))) as HubPackage;
  return await hub.createHub({ stateDir, agentsListen: any, peopleListen: any });
}

function findHub(pluginFolder: string): string {
  for (const from of [join(pluginFolder, 'package.json'), import.meta.url]) {
    try {
      return pathToFileURL(createRequire(from).resolve('@stormpulse/hub')).href;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw Refused({
    what: `the hub is not installed, neither for the plugin nor beside this agent; in ${pluginFolder}: npm install --save-dev @stormpulse/hub`,
  });
}
