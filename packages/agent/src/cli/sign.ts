import { readFileSync } from 'node:fs';
import {
  AGENT_JSON_LIMITS,
  ProtocolError,
  ambiguousParams,
  checkSignedPayload,
  formatTimestamp,
  hmacHex,
  isSignedType,
  loadHmacKey,
  parseFrame,
  signAsOperator,
  specDigest,
} from '@stormpulse/protocol';
import type { CommandManifestEntry, SignedPayload } from '@stormpulse/protocol';
import {
  formatOperatorKey,
  newMessageId,
  newNonce,
  newOperatorKey,
  nodeCrypto,
  nodeOperatorCrypto,
  readOperatorKey,
  readOperatorPem,
} from '@stormpulse/protocol/node';
import { Refused } from '../errors.ts';
import { readGuarded } from '../host/guarded-file.ts';
import { createFile } from '../host/replace-file.ts';
import { readSignRequest } from './sign-request.ts';
import type { SignOptions, SignRequest } from './sign-request.ts';

const MAX_KEY_BYTES = 64 * 1024;

/**
 * `stormpulse sign`: the message as one line of JSON, or the public line of a new key pair. Throws `E_AGENT_REFUSED` and what
 * reading a key file refuses.
 */
export function sign(options: SignOptions, readInput: () => string = () => readFileSync(0, 'utf8')): string {
  if (options.newOperatorKey !== undefined) return makeOperatorKey(options.newOperatorKey, options.name);
  if (options.key === undefined && options.operatorKey === undefined)
    throw Refused({ what: 'nothing to sign with: give --key FILE, --operator-key FILE, or both' });
  const request = readSignRequest(options, readInput);
  const { envelope, signed } = complete(request);
  const payload: Record<string, unknown> = { ...envelope.payload };
  if (options.key !== undefined) payload['hmac'] = hmacHex(nodeCrypto, hmacKey(options.key), signed.canonicalText);
  if (options.operatorKey !== undefined) payload['op_sig'] = operatorSignature(options.operatorKey, request, signed);
  return JSON.stringify({ ...envelope, payload });
}

interface Envelope {
  readonly v: 1;
  readonly type: SignRequest['type'];
  readonly id: string;
  readonly ts: string;
  readonly agent_id: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The whole message, read back as a strict agent will read it: what that would refuse is not signed. */
function complete({ type, fields, agentId, id, ts, nonce }: SignRequest): { envelope: Envelope; signed: SignedPayload } {
  const now = formatTimestamp(BigInt(Date.now()) * 1_000n);
  const envelope: Envelope = {
    v: 1,
    type,
    id: id ?? newMessageId(),
    ts: ts ?? now,
    agent_id: agentId,
    payload: { ...fields, nonce: nonce ?? newNonce() },
  };
  try {
    const unsigned = { hmac: '', ...envelope.payload };
    const frame = parseFrame(JSON.stringify({ ...envelope, payload: unsigned }), {
      dialect: 'hardened',
      limits: AGENT_JSON_LIMITS,
    });
    const signed = isSignedType(frame.type) ? checkSignedPayload(frame, 'hardened') : undefined;
    if (signed?.ok !== true) throw unsignable(signed?.reason ?? 'wrong_type');
    if (signed.type === 'command.request' && ambiguousParams(Object.keys(signed.payload.params), signed.payload.params))
      throw unsignable('ambiguous_params');
    return { envelope: { ...envelope, ts: frame.timestamp.canonical }, signed };
  } catch (error) {
    if (error instanceof ProtocolError) throw Refused({ what: `no agent would take this: ${error.message}` }, { cause: error });
    throw error;
  }
}

function unsignable(reason: string): Error {
  return Refused({ what: `an agent would refuse this as ${reason}; nothing was signed (docs/reference/refusals.md says more)` });
}

function hmacKey(path: string): Uint8Array {
  try {
    return loadHmacKey(readGuarded(path, { secrecy: 'secret', maxBytes: MAX_KEY_BYTES }));
  } catch (error) {
    if (error instanceof ProtocolError) throw Refused({ what: `${path} holds no key; expected the hmac.key of an enrollment` });
    throw error;
  }
}

function operatorSignature(path: string, { agentId, specs, confirmation }: SignRequest, signed: SignedPayload): string {
  const key = readOperatorPem(readGuarded(path, { secrecy: 'secret', maxBytes: MAX_KEY_BYTES }).toString('latin1'));
  if (key === undefined)
    throw Refused({ what: `${path} holds no Ed25519 private key; expected one that stormpulse sign --new-operator-key made` });
  const count = signed.type === 'command.request' ? 1 : signed.payload.commands.length;
  if (specs.length !== count)
    throw Refused({
      what: `${specs.length} of ${count} commands have a spec; an operator signs the digest of each: give --spec for every one, in order`,
    });
  const { type, canonicalText } = signed;
  try {
    const digests = specs.map(digestOfSpec);
    return signAsOperator(nodeOperatorCrypto, key.privateKey, {
      agentId,
      type,
      specs: digests,
      canonicalText,
      ...(confirmation === undefined ? {} : { confirmation }),
    });
  } catch (error) {
    if (error instanceof ProtocolError)
      throw Refused({
        what: `the operator cannot sign this: ${error.message}; a digest is "sha256:" and 64 lower-case hex digits`,
      });
    throw error;
  }
}

function digestOfSpec(spec: string | Readonly<Record<string, unknown>>): string {
  return typeof spec === 'string' ? spec : specDigest(nodeCrypto, spec as unknown as CommandManifestEntry);
}

function makeOperatorKey(path: string, name: string): string {
  const { pem, publicKey } = newOperatorKey();
  const line = formatOperatorKey({ name, publicKey });
  if (readOperatorKey(line) === undefined)
    throw Refused({ what: `--name ${JSON.stringify(name)}: expected 1 to 64 letters, digits and . _ @ -` });
  try {
    createFile(path, pem, { mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === '') throw error;
    const why =
      code === 'EEXIST' ? 'is there already, and a key is never replaced; name another file' : `cannot be made (${code})`;
    throw Refused({ what: `${path} ${why}` }, { cause: error });
  }
  return line;
}
