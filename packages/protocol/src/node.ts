import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  randomBytes,
  randomUUID,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { ProtocolCrypto } from './crypto.ts';
import type { OperatorCrypto } from './operator.ts';

/** The hash functions of this package on Node's own crypto. */
export const nodeCrypto: ProtocolCrypto = {
  hmacSha256,
  sha256: (data) => createHash('sha256').update(data).digest(),
  equal,
};

/** A nonce as v1's hubs make them: 43 characters of base64url, 256 random bits. */
export function newNonce(): string {
  return randomBytes(32).toString('base64url');
}

/** A message id: UUID version 4. */
export function newMessageId(): string {
  return randomUUID();
}

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Longer texts are rare, and get a buffer of their own. */
const SCRATCH_BYTES = 4_096;
/** Written anew by each hash, since a fresh buffer costs as much as hashing a short text; no hash is interrupted by another. */
const innerScratch = Buffer.allocUnsafeSlow(BLOCK_BYTES + SCRATCH_BYTES);
const outer = Buffer.allocUnsafeSlow(BLOCK_BYTES + DIGEST_BYTES);

/**
 * RFC 2104 over Node's one-shot SHA-256. Every command costs one of these on the agent, and `createHmac` spends more time on
 * its native object and its collection than on hashing a short text.
 */
function hmacSha256(key: Uint8Array, text: string): Uint8Array {
  const block = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
  const length = Buffer.byteLength(text, 'utf8');
  const inner =
    length <= SCRATCH_BYTES ? innerScratch.subarray(0, BLOCK_BYTES + length) : Buffer.allocUnsafeSlow(BLOCK_BYTES + length);
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    const byte = block[index] ?? 0;
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  inner.write(text, BLOCK_BYTES, 'utf8');
  outer.write(hash('sha256', inner, 'binary'), BLOCK_BYTES, 'latin1');
  const digest = bytesOf(hash('sha256', outer, 'binary'));
  // They stay, and the pads give the key away.
  inner.fill(0, 0, BLOCK_BYTES);
  outer.fill(0);
  return digest;
}

const left = Buffer.alloc(DIGEST_BYTES);
const right = Buffer.alloc(DIGEST_BYTES);

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  if (a.length !== DIGEST_BYTES) return timingSafeEqual(a, b);
  // Bytes in V8's own heap would each be given a block outside it first.
  left.set(a);
  right.set(b);
  return timingSafeEqual(left, right);
}

/** 32 bytes stand in V8's own heap, where they cost less than a share of Node's buffer pool. */
function bytesOf(binary: string): Uint8Array {
  const bytes = new Uint8Array(DIGEST_BYTES);
  for (let index = 0; index < DIGEST_BYTES; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Ed25519 of Node's own crypto. */
export const nodeOperatorCrypto: OperatorCrypto = {
  sign: (privateKey, text) => sign(null, Buffer.from(text, 'utf8'), privateKeyOf(privateKey)),
  verify(publicKey, text, signature) {
    const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(text, 'utf8'), key, signature);
  },
};

/** An operator's public key as a host's file names it: `ed25519:<base64 of 32 bytes> <name>`. */
export interface OperatorKey {
  /** 1 to 64 of `A-Z a-z 0-9 . _ @ -`; only ever shown. */
  readonly name: string;
  readonly publicKey: Uint8Array;
}

/** Reads one line of `[operator] keys`; undefined when it is none. */
export function readOperatorKey(line: string): OperatorKey | undefined {
  const [, base64 = '', name = ''] = /^ed25519:([A-Za-z0-9+/]{43}=) ([A-Za-z0-9._@-]{1,64})$/.exec(line) ?? [];
  const publicKey = Buffer.from(base64, 'base64');
  // The last digit has bits to spare: a key has one spelling.
  return publicKey.length === 32 && publicKey.toString('base64') === base64 ? { name, publicKey } : undefined;
}

/** The line for `[operator] keys`. */
export function formatOperatorKey({ name, publicKey }: OperatorKey): string {
  return `ed25519:${Buffer.from(publicKey).toString('base64')} ${name}`;
}

/** A new key pair of an operator: the private half as PKCS#8 PEM. */
export function newOperatorKey(): { readonly pem: string; readonly publicKey: Uint8Array } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { pem: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, publicKey: publicKeyOf(privateKey) };
}

/** The two halves in a PKCS#8 PEM, as `newOperatorKey` or `openssl genpkey` made it; undefined when it holds no Ed25519 key. */
export function readOperatorPem(pem: string): { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array } | undefined {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') return undefined;
    const der = key.export({ format: 'der', type: 'pkcs8' });
    return { privateKey: der.subarray(PKCS8.length), publicKey: publicKeyOf(key) };
  } catch {
    return undefined;
  }
}

/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

function publicKeyOf(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
}
