import 'reflect-metadata'; // tsyringe refuses to load without it, decorators or not
import { readFileSync } from 'node:fs';
import type {
  Clock,
  CollectorService,
  EventLog,
  NonceStore,
  OperatorPolicy,
  Ports,
  ProcessRunner,
  ProgramCheck,
  Transport,
} from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { newMessageId, nodeCrypto, nodeOperatorCrypto } from '@stormpulse/protocol/node';
import {
  childEnvironment,
  closeInheritedDescriptors,
  createCollectorService,
  createEventLog,
  createLiveOutput,
  createLogger,
  createOperatorPolicy,
  createProcessRunner,
  createProgramCheck,
  createSystemClock,
  createWsTransport,
  openNonceStore,
  preventCoreDumps,
} from '@stormpulse/services';
import type { OutputOfCommands } from '@stormpulse/services';
import { container as root, instanceCachingFactory } from 'tsyringe';
import type { DependencyContainer, InjectionToken } from 'tsyringe';
import type { AgentConfig } from './config/agent-config.ts';
import { isJournal } from './host/journal.ts';
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
  Nonces: token<NonceStore>('Nonces'),
  Output: token<OutputOfCommands>('Output'),
  Runner: token<ProcessRunner>('Runner'),
  Programs: token<ProgramCheck>('Programs'),
  Collectors: token<CollectorService>('Collectors'),
  Events: token<EventLog>('Events'),
} as const;

/** Wires what stands behind the kernel's ports. Every token is resolved here, so a mistake fails at start. */
export function composePorts(config: AgentConfig, env: Readonly<Record<string, string | undefined>>): Ports {
  closeInheritedDescriptors();
  const agent = root.createChildContainer(); // the global container stays empty: two agents, one process
  const once = <T>(key: InjectionToken<T>, make: (from: DependencyContainer) => T): void => {
    agent.register(key, { useFactory: instanceCachingFactory(make) });
  };
  once(Tokens.Clock, () => createSystemClock());
  once(Tokens.Logger, () => createLogger({ level: env['STORMPULSE_LOG_LEVEL'], form: isJournal(2, env) ? 'journal' : 'json' }));
  once(Tokens.Transport, (from) => transport(config, from.resolve(Tokens.Logger)));
  once(Tokens.Nonces, (from) => nonces(config, from));
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
  once(Tokens.Collectors, (from) => createCollectorService({ clock: from.resolve(Tokens.Clock), random: Math.random }));
  once(Tokens.Events, (from) => createEventLog({ clock: from.resolve(Tokens.Clock), newId: newMessageId }));
  return {
    clock: agent.resolve(Tokens.Clock),
    crypto: nodeCrypto,
    random: Math.random,
    newId: newMessageId,
    transport: agent.resolve(Tokens.Transport),
    nonces: agent.resolve(Tokens.Nonces),
    runner: agent.resolve(Tokens.Runner),
    programs: agent.resolve(Tokens.Programs),
    output: agent.resolve(Tokens.Output),
    collectors: agent.resolve(Tokens.Collectors),
    events: agent.resolve(Tokens.Events),
    logger: agent.resolve(Tokens.Logger),
  };
}

/** SEC-072; undefined when the file has no `[operator]`. */
export function composeOperator({ agentId, operator }: AgentConfig, ports: Ports): OperatorPolicy | undefined {
  if (operator === undefined) return undefined;
  const crypto = { ...nodeCrypto, ...nodeOperatorCrypto };
  return createOperatorPolicy({ ...operator, agentId, crypto, logger: ports.logger('operator') });
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

function nonces(config: AgentConfig, from: DependencyContainer): NonceStore {
  return openNonceStore({
    path: config.databasePath,
    clock: from.resolve(Tokens.Clock),
    maxAgeSeconds: config.commandMaxAgeSeconds,
    logger: from.resolve(Tokens.Logger)('nonces'),
  });
}
