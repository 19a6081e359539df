import { createKernel } from '@stormpulse/kernel';
import type { Kernel, KernelOptions, KernelStatus, LeftOut, PluginEntry } from '@stormpulse/kernel';
import { isAgentError } from '@stormpulse/plugin-api';
import type { AgentError, ConfigProblem } from '@stormpulse/plugin-api';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { createManifestTeller, preventCoreDumps } from '@stormpulse/services';
import type { AgentConfig } from '../config/agent-config.ts';
import { fileProblems } from '../config/file-problems.ts';
import { loadFirstParty } from '../config/first-party.ts';
import { asLoaded, readHostFile } from '../config/load.ts';
import type { HostFile, LoadedConfig } from '../config/load.ts';
import type { AwaitedSection } from '../config/other-tables.ts';
import { composeOperator, composePorts, composeRenewal } from '../container.ts';
import { ConfigRefused, PluginAbsent } from '../errors.ts';
import { clientPairs } from '../host/client-pair.ts';
import { assertStateFolder } from '../host/guarded-file.ts';
import { readIdentityFiles } from '../host/identity-files.ts';
import { readInventory } from '../host/inventory.ts';
import { recordStart } from '../host/record-start.ts';
import { takeServiceManager } from '../host/service-manager.ts';
import { guardStart } from '../host/start-guards.ts';
import type { GuardOptions } from '../host/start-guards.ts';
import { createStatusWriter, statusPath } from '../host/status-file.ts';
import { narrow } from '../plugins/narrow.ts';
import { openPluginsOfOthers } from '../plugins/plugins-of-others.ts';
import type { PluginsOfOthers } from '../plugins/plugins-of-others.ts';
import { VERSION } from '../version.ts';

/** `stormpulse run`: checks everything, then lives until SIGINT or SIGTERM. Throws what refused the start. */
export async function run(configPath: string, options: GuardOptions, say: (line: string) => void): Promise<void> {
  guardStart(options);
  process.umask(0o077);
  const coreDumps = preventCoreDumps();
  if (coreDumps !== undefined) say(coreDumps);
  const manager = takeServiceManager(process.env, (error) =>
    say(`the service manager was not told how this agent does: ${String(error)}`),
  );
  const host = readHostFile(configPath);
  const problems = [...host.problems, ...fileProblems(host.values)];
  if (problems.length > 0) throw await refusal(host, problems);
  const loaded = asLoaded(host);
  const { config } = loaded;
  if (loaded.warnings !== '') say(loaded.warnings);
  const hmacKey = readIdentityFiles(config);
  assertStateFolder(config.databasePath);
  const pairs = clientPairs(config, (error) => say(`${NOT_COPIED}: ${String(error)}`));
  pairs.repair();
  const way = { pairs, inUse: { url: config.hubUrl }, onFault: () => told(() => kernel.status) };
  const ports = composePorts(config, process.env, way);
  const weakened = allowances(config, options);
  if (weakened.length > 0)
    ports.logger('agent').warn({ allowances: weakened }, 'this run is weakened by what its operator allowed');
  recordStart(ports.audit, loaded, { allowances: weakened, certificate: pairs.current().cert });
  const status = createStatusWriter(
    statusPath(config.databasePath),
    { version: VERSION, startedAt: Date.now(), allowances: weakened },
    (error) => ports.logger('status').warn({ err: error }, 'the status file was not written'),
  );
  const stopped = untilStopped();
  const told = (read: () => KernelStatus): void =>
    status.update(() => ({
      ...read(),
      renewal: renewal.status,
      linkFaults: ports.linkWatch.faults,
      ...others.status(),
      ...(config.fallbackUrls.length === 0 ? {} : { hub: way.inUse.url }),
    }));
  const renewal = composeRenewal(config, ports, way, () => told(() => kernel.status));
  const onStatus = (read: () => KernelStatus): void => {
    told(read);
    others.look();
    manager.status(() => summary(read()));
  };
  const others = await openPluginsOfOthers(loaded, ports, () => told(() => kernel.status));
  const manifest = createManifestTeller({ crypto: nodeCrypto, logger: ports.logger('plugins'), originOf: others.origin });
  const kernel = await start(loaded, others, { hmacKey, ports: { ...ports, manifest, ...others.ports }, onStatus });
  renewal.start();
  others.begin(kernel);
  reportLeftOut(kernel.status.leftOut, loaded, say);
  manager.ready(summary(kernel.status));
  await stopped;
  manager.stopping();
  renewal.stop();
  others.freeze();
  await kernel.close();
  await others.close();
  ports.audit.note({ kind: 'agent.stopped' });
  ports.audit.close();
  status.close();
  // SEC-168. The TLS key is a string of the transport's and cannot be erased.
  hmacKey.fill(0);
}

const NOT_COPIED =
  'the renewed certificate is in use, but could not be copied to the files of [tls]; before the host goes back to a v1 agent, copy it (docs: config reference, renewal)';

/** The line of `systemctl status`. */
function summary({ connection, commands }: KernelStatus): string {
  return `${connection.state}, ${commands.length} ${commands.length === 1 ? 'command' : 'commands'} offered`;
}

async function start(
  loaded: LoadedConfig,
  others: PluginsOfOthers,
  rest: Pick<KernelOptions, 'hmacKey' | 'ports'> & Required<Pick<KernelOptions, 'onStatus'>>,
): Promise<Kernel> {
  const { config, host } = loaded;
  const operator = composeOperator(config, rest.ports);
  const { reconnectMinMs, reconnectMaxMs, heartbeatMs, pushMs, commandMaxAgeSeconds } = config;
  try {
    const kernel = await createKernel({
      ...rest,
      agentId: config.agentId,
      version: VERSION,
      pulseToken: config.pulseToken,
      dialect: config.strict ? 'hardened' : 'reference',
      timing: { reconnectMinMs, reconnectMaxMs, heartbeatMs, pushMs, commandMaxAgeSeconds },
      ...(operator === undefined ? {} : { operator }),
      inventory: readInventory(),
      plugins: [...config.plugins.map(pluginEntry), ...config.awaited.map(absentEntry), ...others.entries],
    });
    await kernel.start();
    return kernel;
  } catch (error) {
    await others.close();
    rest.ports.nonces.close();
    if (isAgentError(error) && error.code === 'E_CONFIG_INVALID')
      throw await refusal(host, error.details['problems'] as readonly ConfigProblem[]);
    throw error;
  }
}

/** What v1 refused to start over, this agent does too: its own commands and figures are part of the core (D1, I4). */
function pluginEntry({ name, config, limits, disabled }: AgentConfig['plugins'][number]): PluginEntry {
  const load = async (): Promise<unknown> => narrow(await loadFirstParty(name), limits, disabled);
  return { name, config, load, firstParty: true, grants: 'all', startup: 'error' };
}

/** Refused with its reason, or off, so that the hub and `status` are told; the agent runs (I6). */
function absentEntry({ table, plugin, state, reason }: AwaitedSection): PluginEntry {
  const load = (): Promise<never> => Promise.reject(PluginAbsent({ table, reason }));
  const entry = { name: plugin, config: {}, load, firstParty: false, grants: {}, startup: 'disable' } as const;
  return state === 'disabled_choice' ? { ...entry, off: reason } : entry;
}

/** What was found first is not all: the rest of the file is looked at before it is refused. */
async function refusal(host: HostFile, found: readonly ConfigProblem[]): Promise<AgentError> {
  const { inspectHost } = await import('../config/inspect.ts');
  const { problems } = await inspectHost(host, fileProblems(host.values), process.geteuid?.() ?? -1);
  return ConfigRefused({ path: host.path, report: host.explain(problems.length > 0 ? problems : found) });
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
    ...(config.commandMaxAgeSeconds > 300 ? [`[auth] command_max_age_seconds = ${config.commandMaxAgeSeconds}`] : []),
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
