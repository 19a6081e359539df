import { lookAtAgent } from './areas/agent.ts';
import { lookAtCertificates } from './areas/certificates.ts';
import { lookAtClock } from './areas/clock.ts';
import { lookAtConfig } from './areas/config.ts';
import { lookAtDisk } from './areas/disk.ts';
import { lookAtDns } from './areas/dns.ts';
import { lookAtEnvironment } from './areas/environment.ts';
import { lookAtFiles } from './areas/files.ts';
import { lookAtHub } from './areas/hub.ts';
import { lookAtNonces } from './areas/nonces.ts';
import { lookAtPlugins } from './areas/plugins.ts';
import { lookAtProxy } from './areas/proxy.ts';
import type { AreaFinding } from './finding.ts';
import { readHost } from './host-under-examination.ts';
import type { HostUnderExamination, Look } from './host-under-examination.ts';
import { realSurroundings } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

/** In the order in which a person would go through them. */
const AREAS: Readonly<Record<string, Look>> = {
  environment: lookAtEnvironment,
  config: lookAtConfig,
  files: lookAtFiles,
  certificates: lookAtCertificates,
  disk: lookAtDisk,
  nonces: lookAtNonces,
  clock: lookAtClock,
  dns: lookAtDns,
  proxy: lookAtProxy,
  hub: lookAtHub,
  plugins: lookAtPlugins,
  agent: lookAtAgent,
};

/** What is the matter with a host. */
export interface Diagnosis {
  readonly config: string;
  /** Nothing is wrong; there may be notes. */
  readonly ok: boolean;
  readonly findings: readonly AreaFinding[];
  readonly looked: readonly string[];
}

/** Looks at everything, whatever it finds; changes nothing, asks no network but the hub of the file. */
export async function examine(configPath: string, surroundings: Surroundings = realSurroundings()): Promise<Diagnosis> {
  const host = await readHost(configPath, surroundings);
  const findings: AreaFinding[] = [];
  for (const [area, look] of Object.entries(AREAS)) findings.push(...(await lookAt(area, look, host)));
  return { config: configPath, ok: findings.every(({ level }) => level === 'note'), findings, looked: Object.keys(AREAS) };
}

/** What keeps one area from looking says nothing of the others, and is told like a finding. */
async function lookAt(area: string, look: Look, host: HostUnderExamination): Promise<AreaFinding[]> {
  try {
    return (await look(host)).map((finding) => ({ area, ...finding }));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [
      {
        area,
        level: 'wrong',
        problem: `could not be looked at: ${why}`,
        where: host.configPath,
        expected: 'something to look at',
        fix: 'run the doctor as root, or as the user of the agent',
      },
    ];
  }
}
