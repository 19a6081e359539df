import { readFileSync } from 'node:fs';
import type { HubAnswer } from '@stormpulse/services';
import type { ConfigReport } from '../cli/config-check.ts';
import { agentUser } from '../cli/config-check-user.ts';
import type { AgentUser } from '../cli/config-check-user.ts';
import { checkConfigFile } from '../cli/config-check.ts';
import { agentConfig } from '../config/agent-config.ts';
import { pairInUse } from './pair-in-use.ts';
import { proxyOptions } from '../host/proxy-authorization.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { readHostFile } from '../config/load.ts';
import type { HostFile } from '../config/load.ts';
import { isAgentError } from '@stormpulse/plugin-api';
import type { Finding } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** What all areas look at; read once, so that they speak of the same host. */
export interface HostUnderExamination {
  readonly configPath: string;
  readonly user: AgentUser;
  readonly report: ConfigReport;
  /** Undefined when it cannot be read, or is no TOML. */
  readonly file: HostFile | undefined;
  /** A value that is missing or wrong in the file is undefined here. */
  readonly config: Partial<AgentConfig>;
  /** How the name of the hub resolves; undefined when the file names none. */
  readonly name: Resolution | undefined;
  /** Undefined when nobody could be asked. */
  readonly hub: HubAnswer | undefined;
  readonly surroundings: Surroundings;
}

export interface Resolution {
  readonly host: string;
  /** Such as `ENOTFOUND`; undefined: it resolves. */
  readonly failure?: string;
}

/** One part of a host that can be looked at. It throws nothing that it expects. */
export type Look = (host: HostUnderExamination) => readonly Finding[] | Promise<readonly Finding[]>;

/** Reads the host and asks its hub, and nobody else, with a time limit. */
export async function readHost(configPath: string, surroundings: Surroundings): Promise<HostUnderExamination> {
  const report = await checkConfigFile(configPath);
  const user = agentUser(readable(configPath)?.values['storage']?.['db_path']);
  const file = user.look(() => readable(configPath));
  const config: Partial<AgentConfig> = file === undefined ? {} : agentConfig(configPath, file);
  const name = await resolve(config.hubUrl, surroundings);
  const isReachable = config.hubUrl !== undefined && name !== undefined && name.failure === undefined;
  const hub = isReachable ? await surroundings.probe(probeOptions(config, config.hubUrl, user)) : undefined;
  return { configPath, user, report, file, config, name, hub, surroundings };
}

function readable(path: string): HostFile | undefined {
  try {
    return readHostFile(path);
  } catch (error) {
    if (isAgentError(error)) return undefined;
    throw error;
  }
}

async function resolve(hubUrl: string | undefined, { lookup }: Surroundings): Promise<Resolution | undefined> {
  if (hubUrl === undefined) return undefined;
  const host = new URL(hubUrl).hostname.replaceAll(/^\[|\]$/gu, '');
  try {
    await lookup(host);
    return { host };
  } catch (error) {
    return { host, failure: error instanceof Error && 'code' in error ? String(error.code) : String(error) };
  }
}

function probeOptions(config: Partial<AgentConfig>, url: string, user: AgentUser): Parameters<Surroundings['probe']>[0] {
  const read = (path: string | undefined): string => user.look(() => readFileSync(path ?? '', 'utf8'));
  return {
    url,
    ca: () => (config.serverCa === 'system' ? 'system' : read(config.caPath)),
    credentials: () => {
      const { cert = '', key = '' } = user.look(() => pairInUse(config));
      return { cert, key };
    },
    minVersion: config.minTlsVersion ?? 'TLSv1.3',
    requireServerEku: config.requireServerEku ?? true,
    pins: config.pins ?? [],
    proxy: proxyOptions(config),
  };
}
