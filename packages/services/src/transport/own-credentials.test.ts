import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createWsTransport } from './ws-transport.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const EVENTS = { onFrame: () => undefined, onPong: () => undefined, onClose: () => undefined };

const open = (credentials: () => { cert: string; key: string }): Promise<unknown> =>
  createWsTransport({
    url: 'wss://127.0.0.1:1/ws/pulse/',
    ca: 'system',
    credentials,
    minVersion: 'TLSv1.3',
    requireServerEku: true,
    logger: SILENT,
  }).open(EVENTS, new AbortController().signal);

it.each([
  [
    'are not there',
    () => ({ cert: readFileSync('/nonexistent/client.crt', 'utf8'), key: '' }),
    'E_CONN_CREDENTIALS',
    /own certificate or key cannot be used.*ENOENT.*enroll/isu,
  ],
  ['are no PEM', () => ({ cert: 'garbage', key: 'garbage' }), 'E_CONN_TLS', /PEM.*check this agent's certificate/isu],
])('says what to do when its own certificate or key %s', async (_title, credentials, code, words) => {
  await expect(open(credentials)).rejects.toMatchObject({ code, message: expect.stringMatching(words) as unknown });
});
