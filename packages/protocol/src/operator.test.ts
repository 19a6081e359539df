import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatOperatorKey, newOperatorKey, nodeCrypto, nodeOperatorCrypto, readOperatorKey, readOperatorPem } from './node.ts';
import { operatorText, signAsOperator, specDigest, verifyOperatorSignature } from './operator.ts';
import type { OperatorText } from './operator.ts';
import { ProtocolError } from './protocol-error.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
/** RFC 8032, test 2: the key, and what it signs the byte 0x72 as. */
const SEED = bytes('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
const PUBLIC = bytes('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
const OF_R =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';

const spec = `sha256:${'ab'.repeat(32)}`;
const REQUEST: OperatorText = {
  agentId: 'web-1',
  type: 'command.request',
  specs: [spec],
  canonicalText: 'v1\ngit_pull\n\nN\n2026-03-04T05:06:07Z',
};
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof ProtocolError ? error.kind : String(error);
  }
};

describe('SEC-072: the text an operator signs', () => {
  test("a line each, then v1's text; the confirmation is - where none was asked", () => {
    const lines = `stormpulse-op-v1\nweb-1\ncommand.request\n${spec}\n`;
    expect(operatorText(REQUEST)).toBe(`${lines}-\n${REQUEST.canonicalText}`);
    expect(operatorText({ ...REQUEST, confirmation: 'web-1' })).toBe(`${lines}web-1\n${REQUEST.canonicalText}`);
    expect(operatorText({ ...REQUEST, type: 'command.sequence', specs: [spec, spec] })).toContain(
      `\ncommand.sequence\n${spec},${spec}\n-\n`,
    );
  });

  test.each<Partial<OperatorText>>([
    { agentId: '' },
    { agentId: '-' },
    { agentId: 'web-1\ncommand.request' },
    { confirmation: 'a\nb' },
    { confirmation: '' },
    { specs: [] },
    { specs: ['sha256:ab'] },
    { specs: [`${spec}\n`] },
    { specs: [spec.toUpperCase()] },
  ])('a line that would be none, or two, is not signed: %j', (change) => {
    expect(codeOf(() => signAsOperator(nodeOperatorCrypto, SEED, { ...REQUEST, ...change }))).toBe('unsignable');
  });

  test('SEC-055: nor is half a character', () => {
    const half = { ...REQUEST, canonicalText: 'v1\n\ud800' };
    expect(codeOf(() => signAsOperator(nodeOperatorCrypto, SEED, half))).toBe('not_well_formed');
    const whole = signAsOperator(nodeOperatorCrypto, SEED, { ...half, canonicalText: 'v1\n\ufffd' });
    expect(verifyOperatorSignature(nodeOperatorCrypto, PUBLIC, half, whole)).toBe(false);
  });

  test('two different requests never share a text', () => {
    const name = fc.stringMatching(/^[a-z][a-z,:-]{0,4}$/);
    const request = fc.record({
      agentId: name,
      type: fc.constantFrom('command.request' as const, 'command.sequence' as const),
      specs: fc.array(fc.constantFrom(spec, `sha256:${'0'.repeat(64)}`), { minLength: 1, maxLength: 3 }),
      confirmation: name,
      canonicalText: fc.stringMatching(/^[v1\n,-]{1,6}$/),
    });
    fc.assert(
      fc.property(request, request, (a, b) => {
        expect(operatorText(a) === operatorText(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2_000 },
    );
  });

  test('the digest of a command changes with each of its fields, not with their order', () => {
    const entry = {
      group: 'deploy',
      description: 'Pull',
      template: ['git', 'pull'],
      timeout: 30,
      requires_confirmation: true,
      long_running: false,
      params: { branch: { default: null, pattern: '[a-z]+', description: '' } },
    };
    const digest = specDigest(nodeCrypto, entry);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(specDigest(nodeCrypto, Object.fromEntries(Object.entries(entry).toReversed()) as typeof entry)).toBe(digest);
    for (const change of [
      { group: 'x' },
      { template: ['git', 'push'] },
      { timeout: 31 },
      { requires_confirmation: false },
      { params: {} },
      { params: { branch: { default: 'main', pattern: '[a-z]+', description: '' } } },
    ])
      expect(specDigest(nodeCrypto, { ...entry, ...change })).not.toBe(digest);
  });
});

describe('SEC-072: Ed25519', () => {
  test('is that of RFC 8032', () => {
    expect(Buffer.from(nodeOperatorCrypto.sign(SEED, 'r')).toString('hex')).toBe(OF_R);
    expect(nodeOperatorCrypto.verify(PUBLIC, 'r', bytes(OF_R))).toBe(true);
    expect(nodeOperatorCrypto.verify(PUBLIC, 's', bytes(OF_R))).toBe(false);
  });

  test('128 lower-case hex digits verify, and no other spelling, text or key', () => {
    const signature = signAsOperator(nodeOperatorCrypto, SEED, REQUEST);
    const verify = (text: string, request = REQUEST, key = PUBLIC): boolean =>
      verifyOperatorSignature(nodeOperatorCrypto, key, request, text);
    expect(signature).toMatch(/^[0-9a-f]{128}$/);
    expect(verify(signature)).toBe(true);
    for (const other of [signature.toUpperCase(), signature.slice(1), `${signature}0`, ` ${signature}`, `${signature}\n`, ''])
      expect(verify(other)).toBe(false);
    expect(verify(signature, { ...REQUEST, agentId: 'web-2' })).toBe(false);
    expect(verify(signature, REQUEST, bytes('00'.repeat(32)))).toBe(false);
    fc.assert(
      fc.property(fc.nat(127), (at) => {
        const digit = signature[at] === '0' ? '1' : '0';
        expect(verify(signature.slice(0, at) + digit + signature.slice(at + 1))).toBe(false);
      }),
    );
  });

  test('a key comes back from its file and from its line', () => {
    const { pem, publicKey } = newOperatorKey();
    const read = readOperatorPem(pem);
    expect(read?.publicKey).toEqual(publicKey);
    const line = formatOperatorKey({ name: 'alice@ops', publicKey });
    expect(line).toMatch(/^ed25519:[A-Za-z0-9+/]{43}= alice@ops$/);
    expect(readOperatorKey(line)).toEqual({ name: 'alice@ops', publicKey });
    const signature = signAsOperator(nodeOperatorCrypto, read?.privateKey ?? SEED, REQUEST);
    expect(verifyOperatorSignature(nodeOperatorCrypto, publicKey, REQUEST, signature)).toBe(true);
  });

  test.each(['', 'ed25519:', `ed25519:${'A'.repeat(43)}=`, `rsa:${'A'.repeat(43)}= a`, `ed25519:${'A'.repeat(42)}B= a`])(
    'no line of a key: %j',
    (line) => {
      expect(readOperatorKey(line)).toBeUndefined();
      expect(readOperatorKey(`ed25519:${'A'.repeat(43)}= a${line} b`)).toBeUndefined();
    },
  );

  test('what is no Ed25519 key is read as none', () => {
    for (const pem of ['', 'x', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'])
      expect(readOperatorPem(pem)).toBeUndefined();
  });
});
