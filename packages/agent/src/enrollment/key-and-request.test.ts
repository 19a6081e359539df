import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKeyAndRequest } from './key-and-request.ts';

const REQUEST_ONLY = /^-----BEGIN CERTIFICATE REQUEST-----\n[\s\S]+-----END CERTIFICATE REQUEST-----\n?$/u;

describe('the key and the request for its certificate', () => {
  it.each(['web-1', 'a,b', 'a+b=c', 'a\\b', '#x', 'a"b', 'web 1', 'größe', '日本', '😀'])(
    'C3 asks for exactly the name %s, P-256 and SHA-256, signed by its own key',
    async (agentId) => {
      const { keyPem, csrPem } = await createKeyAndRequest(agentId);
      const request = new x509.Pkcs10CertificateRequest(csrPem);
      expect(await request.verify()).toBe(true);
      expect(request.subjectName.toJSON()).toEqual([{ CN: [agentId] }]);
      expect(request.extensions).toEqual([]);
      expect(request.signatureAlgorithm).toMatchObject({ name: 'ECDSA', hash: { name: 'SHA-256' } });
      const key = createPublicKey(keyPem);
      expect(key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
      expect(Buffer.from(request.publicKey.rawData)).toEqual(key.export({ type: 'spki', format: 'der' }));
    },
  );

  it('SEC-027 makes a fresh key each time, and the request holds nothing but itself', async () => {
    const [first, second] = [await createKeyAndRequest('web-1'), await createKeyAndRequest('web-1')];
    expect(first.keyPem).not.toBe(second.keyPem);
    expect(first.csrPem).toMatch(REQUEST_ONLY);
    expect(first.csrPem).not.toContain('PRIVATE');
  });
});
