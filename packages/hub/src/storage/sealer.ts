import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { HubError } from '../errors.ts';
import { writeDurably } from './durable-file.ts';

/** Encrypts secrets at rest under a key outside the database (security model, SEC-306). `context` binds a value to its row. */
export interface Sealer {
  seal(secret: Uint8Array, context: string): Uint8Array;
  /** Throws HubError E_STORE when the value was not sealed with this key and context. */
  unseal(sealed: Uint8Array, context: string): Uint8Array;
}

/** Reads the 32-byte key, or makes it (mode 0600). */
export async function openSealer(path: string): Promise<Sealer> {
  const key = await readOrCreate(path);
  return {
    seal(secret, context) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
      return Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    },
    unseal(sealed, context) {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(-16));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
      } catch (error) {
        throw new HubError('E_STORE', 503, `${path} does not fit the database beside it; restore both from the same copy`, {
          cause: error,
        });
      }
    },
  };
}

async function readOrCreate(path: string): Promise<Uint8Array> {
  const existing = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (existing?.length === 32) return existing;
  if (existing !== undefined)
    throw new HubError('E_STORE', 503, `${path} has ${existing.length} bytes, expected 32; restore it from a copy`);
  const key = randomBytes(32);
  await writeDurably(path, key, 0o600);
  return key;
}
