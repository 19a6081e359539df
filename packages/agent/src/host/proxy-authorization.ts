import type { HubTls } from '@stormpulse/services';
import type { AgentConfig } from '../config/agent-config.ts';
import { Refused } from '../errors.ts';
import { readGuarded } from './guarded-file.ts';

const MAX_FILE_BYTES = 8 * 1024;

/**
 * The value of `Proxy-Authorization` from a host's file: `name:password`, or the whole value such as `Bearer …`. Nothing of it
 * is repeated. Throws `E_AGENT_REFUSED`, `E_CONFIG_UNREADABLE`, `E_FILE_MODE`.
 */
export function readProxyAuthorization(path: string): string {
  const text = readGuarded(path, { secrecy: 'secret', maxBytes: MAX_FILE_BYTES }).toString('utf8').trim();
  if (/^[A-Za-z][\w-]* [\x21-\x7e]+$/u.test(text)) return text;
  if (/^[^:\p{C}]+:\P{C}*$/u.test(text)) return `Basic ${Buffer.from(text).toString('base64')}`;
  throw Refused({ what: `${path} holds neither "name:password" nor a value such as "Bearer <token>", in one line` });
}

/** What the transport is told of `[dashboard] proxy`; its authorization is read at each dial. */
export function proxyOptions({ proxy: found }: Partial<AgentConfig>): HubTls['proxy'] {
  if (found === undefined) return undefined;
  const { url, authorizationPath: path } = found;
  return { url, authorization: path === undefined ? undefined : () => readProxyAuthorization(path) };
}
