import 'reflect-metadata'; // tsyringe refuses to load without it, decorators or not
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type {
  Clock,
  CollectorService,
  EventLog,
  JobService,
  OperatorPolicy,
  Ports,
  ProcessRunner,
  ProgramCheck,
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
  createJobService,
  createLogger,
  createOperatorPolicy,
  createProcessRunner,
  createProgramCheck,
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
import type { HostAuditLog, JobStore, NonceDatabase } from '@stormpulse/services';
import { createLocalPolicy, readHours } from '@stormpulse/services/policy';
import { container as root, instanceCachingFactory } from 'tsyringe';
import type { DependencyContainer, InjectionToken } from 'tsyringe';
import type { AgentConfig } from './config/agent-config.ts';
import { isJournal } from './host/journal.ts';
import { removeLeftovers } from './host/leftovers.ts';
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
  Runner: token<ProcessRunner>('Runner'),
  Programs: token<ProgramCheck>('Programs'),
  Collectors: token<CollectorService>('Collectors'),
  Events: token<EventLog>('Events'),
  JobStore: token<JobStore>('JobStore'),
  Jobs: token<JobService>('Jobs'),
  Audit: token<HostAuditLog>('Audit'),
} as const;

/** The ports, and what the agent's own record offers besides. */
export type AgentPorts = Ports & { readonly audit: HostAuditLog };

/** Wires what stands behind the kernel's ports. Every token is resolved here, so a mistake fails at start. */
export function composePorts(config: AgentConfig, env: Readonly<Record<string, string | undefined>>): AgentPorts {
  closeInheritedDescriptors();
  const agent = root.createChildContainer(); // the global container stays empty: two agents, one process
  const once = <T>(key: InjectionToken<T>, make: (from: DependencyContainer) => T): void => {
    agent.register(key, { useFactory: instanceCachingFactory(make) });
  };
  once(Tokens.Clock, () => createSystemClock());
  once(Tokens.Logger, () => createLogger({ level: env['STORMPULSE_LOG_LEVEL'], form: isJournal(2, env) ? 'journal' : 'json' }));
  once(Tokens.Transport, (from) => transport(config, from.resolve(Tokens.Logger)));
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
    });
  });
  const agentUid = process.geteuid?.() ?? -1;
  once(Tokens.Programs, () => createProgramCheck({ agentUid, systemMode: isSystemMode(config.path, agentUid) }));
  once(Tokens.Collectors, (from) => {
    const events = from.resolve(Tokens.Events);
    return createCollectorService({ clock: from.resolve(Tokens.Clock), random: Math.random, events });
  });
  once(Tokens.JobStore, (from) => {
    const logger = from.resolve(Tokens.Logger)('jobs');
    return openJobStore({ path: `${config.databasePath}.jobs`, logger });
  });
  once(Tokens.Jobs, (from) => jobs(from));
  once(Tokens.Events, (from) => events(config, from));
  once(Tokens.Audit, (from) => {
    const logger = from.resolve(Tokens.Logger)('audit');
    return openAuditLog({ folder: auditFolder(config.databasePath), clock: from.resolve(Tokens.Clock), logger });
  });
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
    collectors: agent.resolve(Tokens.Collectors),
    jobs: agent.resolve(Tokens.Jobs),
    events: agent.resolve(Tokens.Events),
    ...localPolicy(config, agent.resolve(Tokens.Clock)),
    audit: agent.resolve(Tokens.Audit),
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

function transport(config: AgentConfig, logger: LoggerFactory): Transport {
  return createWsTransport({
    url: config.hubUrl,
    ca: config.serverCa === 'system' ? 'system' : readFileSync(config.caPath, 'utf8'),
    credentials: () => ({ cert: readFileSync(config.certificatePath, 'utf8'), key: readFileSync(config.keyPath, 'utf8') }),
    minVersion: config.minTlsVersion,
    requireServerEku: config.requireServerEku,
    logger: logger('transport'),
  });
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
