import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { ProtocolError, loadHmacKey } from '@stormpulse/protocol';
import type { AgentConfig } from '../config/agent-config.ts';
import { Refused } from '../errors.ts';
import { currentPair } from './client-pair.ts';
import { assertGuarded, readGuarded } from './guarded-file.ts';

/** SEC-034. */
const MIN_KEY_BYTES = 16;
const MAX_FILE_BYTES = 64 * 1024;

/**
 * Reads and checks the four files of an enrollment, so that a wrong one ends the start and not each connection (wire page,
 * section 5). Gives the HMAC key, stripped. Throws `E_AGENT_REFUSED`, `E_CONFIG_UNREADABLE`, `E_FILE_MODE`.
 */
export function readIdentityFiles(config: AgentConfig): Uint8Array {
  const ca = readGuarded(config.caPath, { secrecy: 'public', maxBytes: MAX_FILE_BYTES });
  assertGuarded(config.certificatePath, { secrecy: 'public', maxBytes: MAX_FILE_BYTES });
  assertGuarded(config.keyPath, { secrecy: 'secret', maxBytes: MAX_FILE_BYTES });
  const hmacKey = readSigningKey(config.hmacPath);
  if (config.serverCa === 'private') attempt(`${config.caPath} holds no certificate of a CA`, () => new X509Certificate(ca));
  attempt(`${config.certificatePath} and ${config.keyPath} are no certificate with its key`, () => {
    const { cert, key } = currentPair(config);
    createSecureContext({ cert, key });
  });
  return hmacKey;
}

/** The key that the hub signs with, stripped. Throws `E_AGENT_REFUSED`, `E_CONFIG_UNREADABLE`, `E_FILE_MODE`. */
export function readSigningKey(path: string): Uint8Array {
  const hmacKey = strippedKey(readGuarded(path, { secrecy: 'secret', maxBytes: MAX_FILE_BYTES }));
  if (hmacKey.length >= MIN_KEY_BYTES) return hmacKey;
  const found = hmacKey.length === 0 ? 'is empty' : `holds ${hmacKey.length} usable bytes`;
  throw Refused({ what: `${path} ${found}; expected at least ${MIN_KEY_BYTES} random bytes: enroll again` });
}

function attempt(what: string, read: () => unknown): void {
  try {
    read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw Refused({ what: `${what} (${why}); correct the path in [tls], or enroll again` }, { cause });
  }
}

/** No bytes when there is nothing but white space. */
function strippedKey(bytes: Buffer): Uint8Array {
  try {
    return loadHmacKey(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return Buffer.alloc(0);
    throw error;
  }
}
