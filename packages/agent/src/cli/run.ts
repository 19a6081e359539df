import { createKernel } from '@stormpulse/kernel';
import type { Kernel, KernelOptions, KernelStatus, LeftOut, PluginEntry } from '@stormpulse/kernel';
import { isAgentError } from '@stormpulse/plugin-api';
import type { ConfigProblem } from '@stormpulse/plugin-api';
import type { AgentConfig } from '../config/agent-config.ts';
import { loadFirstParty } from '../config/first-party.ts';
import { loadConfig, missingFiles } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';
import { composePorts } from '../container.ts';
import { ConfigRefused } from '../errors.ts';
import { forbidCoreDumps } from '../host/core-dumps.ts';
import { assertStateFolder } from '../host/guarded-file.ts';
import { readIdentityFiles } from '../host/identity-files.ts';
import { readInventory } from '../host/inventory.ts';
import { takeServiceManager } from '../host/service-manager.ts';
import { guardStart } from '../host/start-guards.ts';
import type { GuardOptions } from '../host/start-guards.ts';
import { createStatusWriter, statusPath } from '../host/status-file.ts';
import { VERSION } from '../version.ts';

/** `stormpulse run`: checks everything, then lives until SIGINT or SIGTERM. Throws what refused the start. */
export async function run(configPath: string, options: GuardOptions, say: (line: string) => void): Promise<void> {
  guardStart(options);
  process.umask(0o077);
  const coreDumps = forbidCoreDumps();
  if (coreDumps !== undefined) say(coreDumps);
  const manager = takeServiceManager(process.env, (error) =>
    say(`the service manager was not told how this agent does: ${String(error)}`),
  );
  const loaded = loadConfig(configPath);
  const { config } = loaded;
  if (loaded.warnings !== '') say(loaded.warnings);
  assertFiles(loaded);
  const hmacKey = readIdentityFiles(config);
  assertStateFolder(config.databasePath);
  const ports = composePorts(config, process.env);
  const weakened = allowances(config, options);
  if (weakened.length > 0)
    ports.logger('agent').warn({ allowances: weakened }, 'this run is weakened by what its operator allowed');
  const status = createStatusWriter(
    statusPath(config.databasePath),
    { version: VERSION, startedAt: Date.now(), allowances: weakened },
    (error) => ports.logger('status').warn({ err: error }, 'the status file was not written'),
  );
  const stopped = untilStopped();
  const onStatus = (read: () => KernelStatus): void => {
    status.update(read);
    manager.status(summary(read()));
  };
  const kernel = await start(loaded, { hmacKey, ports, onStatus });
  reportLeftOut(kernel.status.leftOut, loaded, say);
  manager.ready(summary(kernel.status));
  await stopped;
  manager.stopping();
  await kernel.close();
  status.close();
  // SEC-168. The TLS key is a string of the transport's and cannot be erased.
  hmacKey.fill(0);
}

/** The line of `systemctl status`. */
function summary({ connection, commands }: KernelStatus): string {
  return `${connection.state}, ${commands.length} ${commands.length === 1 ? 'command' : 'commands'} offered`;
}

async function start(
  loaded: LoadedConfig,
  rest: Pick<KernelOptions, 'hmacKey' | 'ports'> & Required<Pick<KernelOptions, 'onStatus'>>,
): Promise<Kernel> {
  const { config, explain } = loaded;
  const { reconnectMinMs, reconnectMaxMs, heartbeatMs, pushMs, commandMaxAgeSeconds } = config;
  try {
    const kernel = await createKernel({
      ...rest,
      agentId: config.agentId,
      version: VERSION,
      pulseToken: config.pulseToken,
      dialect: config.strict ? 'hardened' : 'reference',
      timing: { reconnectMinMs, reconnectMaxMs, heartbeatMs, pushMs, commandMaxAgeSeconds },
      inventory: readInventory(),
      plugins: config.plugins.map(pluginEntry),
    });
    await kernel.start();
    return kernel;
  } catch (error) {
    rest.ports.nonces.close();
    if (isAgentError(error) && error.code === 'E_CONFIG_INVALID') {
      throw ConfigRefused(
        { path: config.path, report: explain(error.details['problems'] as readonly ConfigProblem[]) },
        { cause: error },
      );
    }
    throw error;
  }
}

/** What v1 refused to start over, this agent does too: its own commands and figures are part of the core (D1, I4). */
function pluginEntry({ name, config }: AgentConfig['plugins'][number]): PluginEntry {
  return { name, config, load: () => loadFirstParty(name), firstParty: true, grants: 'all', startup: 'error' };
}

function assertFiles({ config, explain }: LoadedConfig): void {
  const missing = missingFiles(config);
  if (missing.length > 0) throw ConfigRefused({ path: config.path, report: explain(missing) });
}

function reportLeftOut(leftOut: readonly LeftOut[], { explain }: LoadedConfig, say: (line: string) => void): void {
  for (const { command, problem } of leftOut)
    say(`${explain([problem])}\n  The command "${command}" is not offered; everything else is.`);
}

function allowances(config: AgentConfig, options: GuardOptions): string[] {
  return [
    ...(options.allowRoot && process.geteuid?.() === 0 ? ['--allow-root'] : []),
    ...(options.allowUnsafeEnv ? ['--allow-unsafe-env'] : []),
    ...(config.strict ? [] : ['[protocol] strict = false']),
    ...(config.serverCa === 'system' ? ['[tls] server_ca = "system"'] : []),
    ...(config.requireServerEku ? [] : ['[tls] require_server_eku = false']),
    ...(config.minTlsVersion === 'TLSv1.2' ? ['[tls] min_version = "1.2"'] : []),
  ];
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
