import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { readProxyAuthorization } from './proxy-authorization.ts';

describe('the authorization of a proxy', () => {
  let host: HostFolder;
  beforeEach(() => {
    host = new HostFolder();
  });
  afterEach(() => host.close());

  it.each([
    ['me:sécret: with more\n', `Basic ${Buffer.from('me:sécret: with more').toString('base64')}`],
    ['me:\n', `Basic ${Buffer.from('me:').toString('base64')}`],
    ['Bearer abc.def\n', 'Bearer abc.def'],
  ])('is made of %j', (content, value) => {
    expect(readProxyAuthorization(host.write('file', content))).toBe(value);
  });

  it.each(['', 'secret', 'me:a\nX-Header: b', 'Bearer a\r\nX: b'])('is not made of %j, which is not repeated', (content) => {
    const file = host.write('file', content);
    expect(() => readProxyAuthorization(file)).toThrow(`${file} holds neither "name:password" nor a value`);
  });

  it('SEC-166 is not read from a file that everybody may read', () => {
    const file = host.write('file', 'me:secret', 0o644);
    expect(() => readProxyAuthorization(file)).toThrow(/everybody may read this secret/u);
  });
});
