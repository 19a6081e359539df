import 'reflect-metadata/lite'; // tsyringe refuses to load without it, decorators or not
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type {
  Clock,
  CollectorService,
  EventLog,
  JobService,
  LiveOutput,
  OperatorPolicy,
  Ports,
  ProcessRunner,
  ProgramCheck,
  RefusalLog,
  ResultOutbox,
  Transport,
} from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { newMessageId, nodeCrypto, nodeOperatorCrypto } from '@stormpulse/protocol/node';
import {
  childEnvironment,
  closeInheritedDescriptors,
  createCollectorService,
  createEventLog,
  createFallbackTransport,
  createHubRequest,
  createJobService,
  createLinkWatch,
  createLiveOutput,
  createLogger,
  createOperatorPolicy,
  createProcessRunner,
  createProgramCheck,
  createRefusalLog,
  createRenewal,
  createResultOutbox,
  createSystemClock,
  createJobQueue,
  createWorkQueue,
  createWsTransport,
  openAuditLog,
  openJobStore,
  openNonceStore,
  preventCoreDumps,
} from '@stormpulse/services';
import type {
  ClientPair,
  HostAuditLog,
  HubTls,
  JobStore,
  LinkWatch,
  NonceDatabase,
  PluginServicesOfAgent,
  Renewal,
} from '@stormpulse/services';
import { createLocalPolicy, readHours } from '@stormpulse/services/policy';
import { container as root, instanceCachingFactory } from 'tsyringe';
import type { DependencyContainer, InjectionToken } from 'tsyringe';
import type { AgentConfig } from './config/agent-config.ts';
import { checkRenewed } from './enrollment/renewed-answer.ts';
import type { ClientPairs } from './host/client-pair.ts';
import { credentialsEntry } from './host/credentials-entry.ts';
import { isJournal } from './host/journal.ts';
import { removeLeftovers } from './host/leftovers.ts';
import { openPluginServices } from './host/plugin-services.ts';
import { proxyOptions } from './host/proxy-authorization.ts';
import { auditFolder, eventsPath } from './host/state-paths.ts';
import { isSystemMode } from './host/system-mode.ts';

type LoggerFactory = (name: string) => Logger;

/** A token that carries its type. A bare `Symbol()` constant would be narrowed to `symbol` and lose it. */
function token<T>(name: string): InjectionToken<T> {
  return Symbol(name);
}

const Tokens = {
  Clock: token<Clock>('Clock'),
  Logger: token<LoggerFactory>('Logger'),
  Transport: token<Transport>('Transport'),
  Nonces: token<NonceDatabase>('Nonces'),
  Results: token<ResultOutbox>('Results'),
  Output: token<LiveOutput>('Output'),
  Runner: token<ProcessRunner>('Runner'),
  Programs: token<ProgramCheck>('Programs'),
  Collectors: token<CollectorService>('Collectors'),
  Events: token<EventLog>('Events'),
  JobStore: token<JobStore>('JobStore'),
  Jobs: token<JobService>('Jobs'),
  LinkWatch: token<LinkWatch>('LinkWatch'),
  Audit: token<HostAuditLog>('Audit'),
  PluginServices: token<PluginServicesOfAgent>('PluginServices'),
  Refusals: token<RefusalLog>('Refusals'),
} as const;

/** The ports, and what the agent's own record and the watch of its link offer besides. */
export type AgentPorts = Ports & { readonly audit: HostAuditLog; readonly linkWatch: LinkWatch };

/** What a connection is made with, and what is known of it: shared by the socket, the renewal and `status`. */
export interface WayToHub {
  readonly pairs: ClientPairs;
  /** The address of the newest connection; the first of the file before there was one. */
  readonly inUse: { url: string };
  /** Something was found wrong with the frames of a connection. */
  readonly onFault: () => void;
}

/** Wires what stands behind the kernel's ports. Every token is resolved here, so a mistake fails at start. */
export function composePorts(config: AgentConfig, env: Readonly<Record<string, string | undefined>>, way: WayToHub): AgentPorts {
  closeInheritedDescriptors();
  const agent = root.createChildContainer(); // the global container stays empty: two agents, one process
  const once = <T>(key: InjectionToken<T>, make: (from: DependencyContainer) => T): void => {
    agent.register(key, { useFactory: instanceCachingFactory(make) });
  };
  once(Tokens.Clock, () => createSystemClock());
  once(Tokens.Logger, () => createLogger({ level: env['STORMPULSE_LOG_LEVEL'], form: isJournal(2, env) ? 'journal' : 'json' }));
  once(Tokens.Transport, (from) => transport(config, way, from));
  once(Tokens.Nonces, (from) => nonces(config, from));
  once(Tokens.Results, (from) =>
    createResultOutbox({
      store: from.resolve(Tokens.Nonces).results,
      clock: from.resolve(Tokens.Clock),
      events: from.resolve(Tokens.Events),
      logger: from.resolve(Tokens.Logger)('results'),
    }),
  );
  once(Tokens.Runner, (from) => {
    const problem = preventCoreDumps();
    if (problem !== undefined) from.resolve(Tokens.Logger)('exec').warn(problem);
    return createProcessRunner({
      clock: from.resolve(Tokens.Clock),
      env: childEnvironment(env, config.passEnv),
      cwd: process.cwd(),
      limits: config.limits,
      programs: from.resolve(Tokens.Programs),
      output: from.resolve(Tokens.Output),
    });
  });
  once(Tokens.Output, (from) => createLiveOutput({ clock: from.resolve(Tokens.Clock) }));
  const agentUid = process.geteuid?.() ?? -1;
  once(Tokens.Programs, () => createProgramCheck({ agentUid, systemMode: isSystemMode(config.path, agentUid) }));
  once(Tokens.Collectors, (from) => {
    const [clock, events] = [from.resolve(Tokens.Clock), from.resolve(Tokens.Events)];
    return createCollectorService({ clock, random: Math.random, events });
  });
  once(Tokens.JobStore, (from) =>
    openJobStore({ path: `${config.databasePath}.jobs`, logger: from.resolve(Tokens.Logger)('jobs') }),
  );
  once(Tokens.Jobs, (from) => jobs(from));
  once(Tokens.Events, (from) => events(config, from));
  once(Tokens.Refusals, (from) =>
    createRefusalLog({
      clock: from.resolve(Tokens.Clock),
      events: from.resolve(Tokens.Events),
      audit: from.resolve(Tokens.Audit),
      logger: from.resolve(Tokens.Logger)('verify'),
    }),
  );
  once(Tokens.LinkWatch, (from) => {
    const logger = from.resolve(Tokens.Logger)('connection');
    return createLinkWatch({ newId: newMessageId, events: from.resolve(Tokens.Events), logger, onFault: way.onFault });
  });
  once(Tokens.Audit, (from) => {
    const logger = from.resolve(Tokens.Logger)('audit');
    return openAuditLog({ folder: auditFolder(config.databasePath), clock: from.resolve(Tokens.Clock), logger });
  });
  once(Tokens.PluginServices, (from) => {
    const [clock, events, audit] = [from.resolve(Tokens.Clock), from.resolve(Tokens.Events), from.resolve(Tokens.Audit)];
    return openPluginServices(config.databasePath, env, { clock, events, audit, logger: from.resolve(Tokens.Logger)('storage') });
  });
  const linkWatch = agent.resolve(Tokens.LinkWatch);
  return {
    clock: agent.resolve(Tokens.Clock),
    crypto: nodeCrypto,
    random: Math.random,
    newId: newMessageId,
    transport: agent.resolve(Tokens.Transport),
    nonces: agent.resolve(Tokens.Nonces),
    results: agent.resolve(Tokens.Results),
    queue: createWorkQueue(),
    runner: agent.resolve(Tokens.Runner),
    programs: agent.resolve(Tokens.Programs),
    output: agent.resolve(Tokens.Output),
    collectors: agent.resolve(Tokens.Collectors),
    services: agent.resolve(Tokens.PluginServices).open,
    denials: agent.resolve(Tokens.PluginServices).denials,
    refusals: agent.resolve(Tokens.Refusals),
    jobs: agent.resolve(Tokens.Jobs),
    events: agent.resolve(Tokens.Events),
    frameNumbers: () => linkWatch.numbers(),
    ...localPolicy(config, agent.resolve(Tokens.Clock)),
    audit: agent.resolve(Tokens.Audit),
    linkWatch,
    logger: agent.resolve(Tokens.Logger),
  };
}

/** SEC-072; undefined when the file has no `[operator]`. */
export function composeOperator({ agentId, operator }: AgentConfig, ports: Ports): OperatorPolicy | undefined {
  if (operator === undefined) return undefined;
  const crypto = { ...nodeCrypto, ...nodeOperatorCrypto };
  return createOperatorPolicy({ ...operator, agentId, crypto, logger: ports.logger('operator') });
}

/** SEC-073; nothing when the file has no `[policy]`. */
function localPolicy({ policy }: AgentConfig, clock: Clock): Pick<Ports, 'policy'> {
  if (policy === undefined) return {};
  const hours = policy.hours.flatMap((line) => {
    const read = readHours(line);
    return read === undefined ? [] : [{ ...read, line }];
  });
  return { policy: createLocalPolicy({ ...policy, hours, clock, host: hostname() }) };
}

/** SEC-028. The library that makes the request is loaded when one is made. */
export function composeRenewal(
  config: AgentConfig,
  ports: AgentPorts,
  { pairs, inUse }: WayToHub,
  onChange: () => void,
): Renewal {
  const { clock, random, events, audit, logger } = ports;
  const { agentId, caPath } = config;
  return createRenewal({
    clock,
    random,
    events,
    logger: logger('renewal'),
    pairs,
    request: createHubRequest({ ...hubTls(config), url: () => inUse.url }),
    newKeyAndRequest: async () => (await import('./enrollment/key-and-request.ts')).createKeyAndRequest(agentId),
    checkAnswer: (answer, keyPem) =>
      checkRenewed(answer, { agentId, keyPem, caPem: readFileSync(caPath, 'utf8'), now: clock.now() }),
    record: (certificate) => audit.append(credentialsEntry('credentials.renewed', certificate)),
    onChange,
  });
}

function transport(config: AgentConfig, { pairs, inUse }: WayToHub, from: DependencyContainer): Transport {
  const logger = from.resolve(Tokens.Logger)('transport');
  const credentials = (): ClientPair => pairs.current();
  const hubs = [config.hubUrl, ...config.fallbackUrls].map((url) => ({
    url,
    transport: createWsTransport({ ...hubTls(config), url, credentials, logger }),
  }));
  return createFallbackTransport({
    hubs,
    clock: from.resolve(Tokens.Clock),
    logger,
    onUse(url) {
      inUse.url = url;
      try {
        pairs.proven();
      } catch (error) {
        logger.warn({ err: error }, 'the certificate before the renewed one could not be removed');
      }
    },
  });
}

function hubTls(config: AgentConfig): HubTls {
  return {
    ca: config.serverCa === 'system' ? 'system' : readFileSync(config.caPath, 'utf8'),
    minVersion: config.minTlsVersion,
    requireServerEku: config.requireServerEku,
    pins: config.pins,
    proxy: proxyOptions(config),
  };
}

function events(config: AgentConfig, from: DependencyContainer): EventLog {
  const file = { path: eventsPath(config.databasePath), logger: from.resolve(Tokens.Logger)('events') };
  try {
    removeLeftovers(file.path);
  } catch (error) {
    file.logger.warn({ err: error }, 'what a crash left beside the events file was not removed');
  }
  return createEventLog({ clock: from.resolve(Tokens.Clock), newId: newMessageId, file });
}

function nonces(config: AgentConfig, from: DependencyContainer): NonceDatabase {
  return openNonceStore({
    path: config.databasePath,
    clock: from.resolve(Tokens.Clock),
    maxAgeSeconds: config.commandMaxAgeSeconds,
    logger: from.resolve(Tokens.Logger)('nonces'),
    isAnsweredElsewhere: (requestId) => from.resolve(Tokens.JobStore).has(requestId),
  });
}

function jobs(from: DependencyContainer): JobService {
  return createJobService({
    clock: from.resolve(Tokens.Clock),
    collectors: from.resolve(Tokens.Collectors),
    events: from.resolve(Tokens.Events),
    store: from.resolve(Tokens.JobStore),
    queue: createJobQueue(),
    logger: from.resolve(Tokens.Logger)('jobs'),
  });
}
