import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentId } from '../../config/agent-id.ts';
import { Refused } from '../../errors.ts';
import { readGuarded } from '../../host/guarded-file.ts';

/** What an enrollment left. */
export interface Enrolled {
  readonly agentId: string;
  /** The enrollment's address, where that is known. */
  readonly endpoint: string | undefined;
  /** Our hub gives it with the credentials. */
  readonly pulseToken: string | undefined;
}

const FILES = ['agent.pem', 'agent-key.pem', 'ca.pem', 'hmac.key'];
const MAX_BYTES = 64 * 1024;

/** Throws `E_AGENT_REFUSED` when this host was not enrolled. */
export function readEnrolled(folder: string): Enrolled {
  const missing = FILES.filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0)
    throw Refused({
      what: `${folder} has no ${missing.join(', ')}; enroll first: stormpulse enroll https://HUB/api/enroll/ AGENT-ID TOKEN (or name the folder with --creds-dir)`,
    });
  const token = join(folder, 'pulse-token');
  return {
    agentId: idIn(join(folder, 'agent.pem')),
    endpoint: endpointIn(join(folder, 'enroll.json')),
    pulseToken: existsSync(token)
      ? readGuarded(token, { secrecy: 'secret', maxBytes: MAX_BYTES }).toString('utf8').trim()
      : undefined,
  };
}

function idIn(path: string): string {
  let found: unknown;
  try {
    found = new X509Certificate(readFileSync(path)).toLegacyObject().subject.CN;
  } catch (cause) {
    throw Refused({ what: `${path} is no certificate; enroll again with --force` }, { cause });
  }
  if (typeof found === 'string' && isAgentId(found)) return found;
  throw Refused({ what: `${path} names no agent; enroll again with --force` });
}

function endpointIn(path: string): string | undefined {
  try {
    const about = JSON.parse(readFileSync(path, 'utf8')) as { readonly endpoint?: unknown };
    return typeof about.endpoint === 'string' ? about.endpoint : undefined;
  } catch {
    return undefined;
  }
}

/** Where agents of that hub dial in: `https://hub:8443/api/enroll/` gives `wss://hub:8443/ws/pulse/`. Undefined for what is no address. */
export function socketUrlOf(endpoint: string | undefined): string | undefined {
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const { protocol, hostname, port } = new URL(endpoint);
  if (!/^https?:$/u.test(protocol) || hostname === '') return undefined;
  const kept = ['', '80', '443'].includes(port) ? '' : `:${port}`;
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${hostname}${kept}/ws/pulse/`;
}
