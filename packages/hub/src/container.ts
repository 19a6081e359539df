import 'reflect-metadata';
import type { Database } from '@stormpulse/sqlite';
import { instanceCachingFactory, container as root } from 'tsyringe';
import type { InjectionToken } from 'tsyringe';
import { createEnrolment } from './agents/enroll.ts';
import type { EnrolAnswer, EnrolRequest } from './agents/enroll.ts';
import { createGateway } from './agents/gateway.ts';
import type { Gateway } from './agents/gateway.ts';
import { createIdentify } from './agents/identity.ts';
import type { Identify } from './agents/identity.ts';
import { createInbound } from './agents/inbound.ts';
import { createLinkWatch } from './agents/link-watch.ts';
import { createPresence } from './agents/presence.ts';
import type { Presence } from './agents/presence.ts';
import { createRegister } from './agents/register.ts';
import { createRenewal } from './agents/renew.ts';
import type { RenewAnswer, RenewRequest } from './agents/renew.ts';
import { createLogins } from './auth/logins.ts';
import type { Logins } from './auth/logins.ts';
import type { Authority } from './ca/authority.ts';
import { createDispatch } from './commands/dispatch.ts';
import type { Dispatch } from './commands/dispatch.ts';
import { createIssue } from './commands/issue.ts';
import type { Issue } from './commands/issue.ts';
import { createLiveOutput } from './commands/live-output.ts';
import type { LiveOutput } from './commands/live-output.ts';
import { createResults } from './commands/results.ts';
import { createSigner } from './commands/signer.ts';
import type { Signer } from './commands/signer.ts';
import type { CertificateDays, Clock, GatewayTimes, HubLog } from './config/options.ts';
import { createChanges } from './state/changes.ts';
import type { Changes } from './state/changes.ts';
import { createIngest } from './state/ingest.ts';
import type { Ingest } from './state/ingest.ts';
import type { Sealer } from './storage/sealer.ts';
import { createStores } from './storage/stores.ts';
import type { Stores } from './storage/stores.ts';

/** What must be opened before the hub can be put together. */
export interface Opened {
  readonly database: Database;
  readonly authority: Authority;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly log: HubLog;
  readonly times: GatewayTimes;
  readonly days: CertificateDays;
}

/** The hub's parts, each built once. */
export interface HubParts {
  readonly stores: Stores;
  readonly changes: Changes;
  readonly presence: Presence;
  readonly signer: Signer;
  readonly dispatch: Dispatch;
  readonly issue: Issue;
  readonly output: LiveOutput;
  readonly gateway: Gateway;
  readonly logins: Logins;
  readonly identify: Identify;
  readonly enrol: (request: EnrolRequest) => Promise<EnrolAnswer>;
  readonly renew: (request: RenewRequest) => Promise<RenewAnswer>;
}

const Tokens = {
  Stores: token<Stores>('Stores'),
  Changes: token<Changes>('Changes'),
  Presence: token<Presence>('Presence'),
  Signer: token<Signer>('Signer'),
  Dispatch: token<Dispatch>('Dispatch'),
  Issue: token<Issue>('Issue'),
  Output: token<LiveOutput>('Output'),
  Ingest: token<Ingest>('Ingest'),
  Identify: token<Identify>('Identify'),
  Gateway: token<Gateway>('Gateway'),
  Logins: token<Logins>('Logins'),
} as const;

/** Puts the hub together: the only place that knows the container. Everything is resolved here, so a gap fails at start. */
export function composeHub(opened: Opened): HubParts {
  const { database, authority, sealer, clock, log, times, days } = opened;
  const hub = root.createChildContainer();
  const once = <T>(key: InjectionToken<T>, build: () => T): void => {
    hub.register(key, { useFactory: instanceCachingFactory(build) });
  };
  const get = <T>(key: InjectionToken<T>): T => hub.resolve(key);

  once(Tokens.Stores, () => createStores(database));
  once(Tokens.Changes, createChanges);
  once(Tokens.Signer, () => createSigner({ agents: get(Tokens.Stores).agents, sealer }));
  once(Tokens.Presence, () => createPresence({ agents: get(Tokens.Stores).agents, changes: get(Tokens.Changes), clock }));
  once(Tokens.Dispatch, () =>
    createDispatch({ ...shared(), signer: get(Tokens.Signer), presence: get(Tokens.Presence), times, log }),
  );
  once(Tokens.Issue, () => createIssue({ ...shared(), dispatch: get(Tokens.Dispatch) }));
  once(Tokens.Output, () => createLiveOutput({ stores: get(Tokens.Stores), changes: get(Tokens.Changes) }));
  once(Tokens.Ingest, () => createIngest(shared()));
  once(Tokens.Logins, () =>
    createLogins({ store: get(Tokens.Stores).logins, meta: get(Tokens.Stores).meta, clock, changes: get(Tokens.Changes) }),
  );
  once(Tokens.Identify, () => createIdentify({ authority, stores: get(Tokens.Stores) }));
  once(Tokens.Gateway, () => {
    const ingest = get(Tokens.Ingest);
    const dispatch = get(Tokens.Dispatch);
    const presence = get(Tokens.Presence);
    const register = createRegister({ stores: get(Tokens.Stores), ingest, clock });
    const inbound = createInbound({
      ...shared(),
      register,
      presence,
      ingest,
      results: createResults({ ...shared(), dispatch }),
      dispatch,
      output: get(Tokens.Output),
    });
    const watch = createLinkWatch({ ...shared(), log });
    return createGateway({ identify: get(Tokens.Identify), clock, presence, dispatch, inbound, watch, times, log });
  });

  function shared(): { stores: Stores; changes: Changes; clock: Clock } {
    return { stores: get(Tokens.Stores), changes: get(Tokens.Changes), clock };
  }

  return {
    ...shared(),
    presence: get(Tokens.Presence),
    signer: get(Tokens.Signer),
    dispatch: get(Tokens.Dispatch),
    issue: get(Tokens.Issue),
    output: get(Tokens.Output),
    gateway: get(Tokens.Gateway),
    logins: get(Tokens.Logins),
    identify: get(Tokens.Identify),
    enrol: createEnrolment({ ...shared(), authority, sealer, log, days }),
    renew: createRenewal({ ...shared(), authority, log, days }),
  };
}

function token<T>(name: string): InjectionToken<T> {
  return Symbol(name);
}
