import {
  ambiguousParams,
  canonicalParams,
  checkSignedPayload,
  hmacHex,
  loadHmacKey,
  parseTimestamp,
  ProtocolError,
  referenceCanonicalText,
  signRequest,
  signSequence,
  verifySignature,
} from '@stormpulse/protocol';
import type { Dialect, RawEnvelope, SignedType } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { expectSame, fail } from './cases.ts';
import type { Cases, Format } from './cases.ts';
import { bytes, caseId, isVector, section, text } from './vectors.ts';
import type { Vector } from './vectors.ts';
import { checkScenario } from './verify-scenario.ts';

/** `signing.json`: canonical texts, signatures, timestamps, key files, verification. */
export const checkSigning: Format = async (vectors, dialect, cases) => {
  const checks: Readonly<Record<string, (vector: Vector) => void>> = {
    cases: (vector) => checkSignature(vector, dialect),
    timestamps: (vector) => checkTimestamp(vector, dialect),
    collisions: (vector) => checkCollision(vector, dialect),
    ambiguity: (vector) => checkAmbiguity(vector, dialect),
    secret_files: checkKeyFile,
  };
  for (const [name, check] of Object.entries(checks)) await checkAll(cases, name, section(vectors, name), check);
  const agentId = typeof vectors['agent_id'] === 'string' ? vectors['agent_id'] : '';
  for (const scenario of section(vectors, 'verify')) await checkScenario(scenario, { dialect, agentId, cases });
};

async function checkAll(cases: Cases, name: string, list: readonly Vector[], check: (vector: Vector) => void): Promise<void> {
  for (const [index, vector] of list.entries()) await cases.check(caseId(name, vector, index), () => check(vector));
}

function signedType(vector: Vector): SignedType {
  const kind = text(vector, 'kind');
  return kind === 'command.request' || kind === 'command.sequence' ? kind : fail(`unknown kind ${kind}`);
}

function checkSignature(vector: Vector, dialect: Dialect): void {
  checkSpelling(vector, dialect);
  const key = bytes(vector, 'secret_b64');
  const canonical = referenceCanonicalText(signedType(vector), vector, text(vector, 'ts_canonical'));
  expectSame('canonical', canonical, vector['canonical']);
  expectSame('canonical_utf8_b64', Buffer.from(canonical, 'utf8').toString('base64'), vector['canonical_utf8_b64']);
  if (isVector(vector['params'])) {
    expectSame('params_canonical', canonicalParams(vector['params'] as Record<string, string>), vector['params_canonical']);
  }
  const hmac = hmacHex(nodeCrypto, key, canonical);
  expectSame('hmac', hmac, vector['hmac']);
  expectSame('verifies', verifySignature(nodeCrypto, key, canonical, text(vector, 'hmac')), true);
  if (dialect === 'hardened') expectSame('signed by a hub', hubSignature(vector, key) ?? hmac, hmac);
}

/** The signature our hub would give, or nothing when it would not sign. */
function hubSignature(vector: Vector, key: Uint8Array): string | undefined {
  const fields = { ...vector, ts: text(vector, 'ts_canonical') };
  try {
    return signedType(vector) === 'command.request'
      ? signRequest(nodeCrypto, key, fields as unknown as Parameters<typeof signRequest>[2])
      : signSequence(nodeCrypto, key, fields as unknown as Parameters<typeof signSequence>[2]);
  } catch (error) {
    if (error instanceof ProtocolError && (error.kind === 'unsignable' || error.kind === 'ts_invalid')) return undefined;
    throw error;
  }
}

/** The grammar itself is the reference's in both dialects; `ts_strict` says whether a hardened reader takes the spelling too. */
function checkSpelling(vector: Vector, dialect: Dialect): void {
  const wire = text(vector, 'ts_wire');
  const canonical = readTimestamp(wire, 'reference');
  expectSame('ts_canonical', typeof canonical === 'string' ? canonical : canonical.kind, vector['ts_canonical']);
  if (dialect === 'reference') return;
  const strict = readTimestamp(wire, 'hardened');
  expectSame('ts_strict', typeof strict === 'string', vector['ts_strict']);
  if (typeof strict === 'string') expectSame('strict ts_canonical', strict, vector['ts_canonical']);
}

function readTimestamp(wire: string, dialect: Dialect): string | ProtocolError {
  try {
    return parseTimestamp(wire, dialect).canonical;
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

function checkTimestamp(vector: Vector, dialect: Dialect): void {
  if (vector['accept'] === true) return checkSpelling(vector, dialect);
  expectSame('accept', false, vector['accept']);
  expectRefused(vector, 'reference');
  if (dialect === 'reference') return;
  expectSame('ts_strict', false, vector['ts_strict']);
  expectRefused(vector, 'hardened');
}

function expectRefused(vector: Vector, dialect: Dialect): void {
  const read = readTimestamp(text(vector, 'ts_wire'), dialect);
  if (typeof read === 'string') return fail('accepted, should be refused');
  expectSame('error_kind', read.kind, vector['error_kind']);
  expectSame('error_class', read.referenceClass ?? read.name, vector['error_class']);
}

function checkCollision(vector: Vector, dialect: Dialect): void {
  const sides = [side(vector, 'a'), side(vector, 'b')] as const;
  const ts = parseTimestamp(text(vector, 'ts_wire'), 'reference').canonical;
  for (const [index, fields] of sides.entries()) {
    const canonical = referenceCanonicalText(signedType(fields), fields, ts);
    expectSame(`canonical of ${index === 0 ? 'a' : 'b'}`, canonical, vector['canonical']);
    expectSame('hmac', hmacHex(nodeCrypto, bytes(vector, 'secret_b64'), canonical), vector['hmac']);
  }
  if (dialect === 'reference') return;
  const declared = sides.flatMap(({ params }) => (isVector(params) ? Object.keys(params) : []));
  const refused = sides.map((fields) => isRefused(fields, declared, vector));
  const rule = text(vector, 'hardened_should_refuse');
  if (rule === 'a' || rule === 'b') expectSame('refused sides', refused, [rule === 'a', rule === 'b']);
  else if (rule === 'both') expectSame('refused sides', refused, [true, true]);
  else if (!/^(?:a-or-b|b-or-a|either)\b/.test(rule)) fail(`unknown value of hardened_should_refuse: ${rule}`);
  else if (!refused.includes(true)) fail('neither side is refused');
}

function side(vector: Vector, name: string): Vector {
  const value = vector[name];
  return isVector(value) ? value : fail(`the vector has no ${name}`);
}

function isRefused(fields: Vector, declared: readonly string[], vector: Vector): boolean {
  const payload = { ...fields, hmac: text(vector, 'hmac') };
  const ts = text(vector, 'ts_wire');
  const raw: RawEnvelope = {
    v: 1,
    type: signedType(fields),
    id: 'i',
    ts,
    agent_id: 'a',
    payload,
    timestamp: parseTimestamp(ts, 'hardened'),
  };
  const checked = checkSignedPayload(raw, 'hardened');
  if (!checked.ok) return true;
  const key = bytes(vector, 'secret_b64');
  expectSame('verifies', verifySignature(nodeCrypto, key, checked.canonicalText, checked.payload.hmac), true);
  return checked.type === 'command.request' && ambiguousParams(declared, checked.payload.params);
}

function checkAmbiguity(vector: Vector, dialect: Dialect): void {
  const params = vector['params'] as Record<string, string>;
  expectSame('canonical_params', canonicalParams(params), vector['canonical_params']);
  if (dialect === 'reference') return;
  const verdict = ambiguousParams(vector['declared'] as string[], params) ? 'refuse' : 'accept';
  expectSame('hardened', verdict, vector['hardened']);
}

function checkKeyFile(vector: Vector): void {
  let loaded: string;
  try {
    loaded = Buffer.from(loadHmacKey(bytes(vector, 'file_b64'))).toString('base64');
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    expectSame('error_reason', error.kind, vector['error_reason']);
    return;
  }
  expectSame('error_reason', undefined, vector['error_reason']);
  expectSame('loaded_b64', loaded, vector['loaded_b64']);
}
