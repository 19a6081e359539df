import { execFileSync } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../test-support/authority.ts';
import type { Authority, LeafSpec } from '../../test-support/authority.ts';
import { json, startEnrollingHub } from '../../test-support/enrolling-hub.ts';
import type { Answer, EnrollingHub } from '../../test-support/enrolling-hub.ts';
import { enroll } from './enroll.ts';

const HMAC_KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => 200 + i - (i > 20 ? 100 : 0)));
const CREDENTIALS = ['agent-key.pem', 'agent.pem', 'ca.pem', 'enroll.json', 'hmac.key'];
const isRoot = process.geteuid?.() === 0;

let authority: Authority;
let stranger: Authority;
let root: string;
let folder: string;
let hub: EnrollingHub | undefined;
let said: string[];

beforeAll(async () => {
  authority = await createAuthority();
  stranger = await createAuthority('another root');
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'agent-enroll-'));
  folder = join(root, 'credentials');
  said = [];
});

afterEach(async () => {
  await hub?.close();
  hub = undefined;
  rmSync(root, { recursive: true, force: true });
});

/** The body of a sound answer to the request that came. */
async function soundBody(csrPem: string, commonName?: string): Promise<Record<string, unknown>> {
  return {
    client_cert_pem: await authority.sign(csrPem, commonName),
    ca_cert_pem: authority.pem,
    hmac_key: HMAC_KEY.toString('base64'),
  };
}

function csrOf(body: string): string {
  return (JSON.parse(body) as { readonly csr_pem: string }).csr_pem;
}

/** Answers soundly, with `change` on top. */
function sound(change: Record<string, unknown> = {}, commonName?: string): Answer {
  return async (request, response) => {
    response.end(JSON.stringify({ ...(await soundBody(csrOf(request.body), commonName)), ...change }));
  };
}

async function start(answer: Answer, spec?: LeafSpec): Promise<EnrollingHub> {
  hub = await startEnrollingHub(authority, answer, spec);
  return hub;
}

interface Attempt {
  readonly endpoint?: string;
  readonly agentId?: string;
  readonly token?: string;
  readonly folder?: string;
  readonly force?: boolean;
  readonly ca?: string;
  readonly insecureLoopbackHttp?: boolean;
}

async function attempt(options: Attempt = {}): Promise<void> {
  const { force = false, insecureLoopbackHttp = false, ca } = options;
  await enroll(
    options.endpoint ?? hub?.endpoint ?? 'https://localhost:1/api/enroll/',
    options.agentId ?? 'web-1',
    options.token ?? `sp1.secret.${authority.digest}`,
    { credsDir: options.folder ?? folder, force, insecureLoopbackHttp, ...(ca === undefined ? {} : { ca }) },
    (line) => said.push(line),
  );
}

async function refusal(options: Attempt = {}): Promise<string> {
  return await attempt(options).then(
    () => 'enrolled',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** Credentials, leftovers or anything else in the folder. */
function inFolder(): string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

const modeOf = (name: string): string => (statSync(join(folder, name)).mode & 0o777).toString(8);

describe('enroll, when all is well', () => {
  it('C1 SEC-181 writes the files with their modes, in a folder that only its owner enters', async () => {
    await start(sound());
    await attempt();
    expect(inFolder()).toEqual(CREDENTIALS);
    const secret = isRoot ? '640' : '600';
    expect(CREDENTIALS.map(modeOf)).toEqual([secret, '644', '644', '644', secret]);
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
    expect(readFileSync(join(folder, 'enroll.json'), 'utf8')).toBe(
      `{\n  "endpoint": "${hub?.endpoint}",\n  "agent_id": "web-1"\n}\n`,
    );
  });

  it('C2 SEC-027 sends one POST with three fields; the key stays here and fits the certificate', async () => {
    const { requests } = await start(sound());
    await attempt();
    expect(requests).toHaveLength(1);
    const [request] = requests;
    expect(request).toMatchObject({ method: 'POST', url: '/api/enroll/', headers: { 'content-type': 'application/json' } });
    const body = JSON.parse(request?.body ?? '') as Record<string, unknown>;
    expect(Object.keys(body).toSorted()).toEqual(['agent_id', 'csr_pem', 'token']);
    expect(body).toMatchObject({ agent_id: 'web-1', token: `sp1.secret.${authority.digest}` });
    const key = readFileSync(join(folder, 'agent-key.pem'), 'utf8');
    expect(request?.body).not.toContain('PRIVATE KEY');
    const certificate = new X509Certificate(readFileSync(join(folder, 'agent.pem')));
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  it('C8 keeps exactly the bytes of the key, and takes a pulse_token that the hub gives', async () => {
    await start(sound({ pulse_token: 'pt1.abc' }));
    await attempt();
    expect(readFileSync(join(folder, 'hmac.key'))).toEqual(HMAC_KEY);
    expect(readFileSync(join(folder, 'pulse-token'), 'utf8')).toBe('pt1.abc\n');
    expect(modeOf('pulse-token')).toBe(isRoot ? '640' : '600');
  });

  it.each(['a,b', 'a\\b', '#1', 'größe', 'web 1'])(
    'takes a certificate for %s, an id with a meaning in X.509 text',
    async (agentId) => {
      await start(sound());
      await attempt({ agentId });
      expect(inFolder()).toEqual(CREDENTIALS);
    },
  );

  it('SEC-034 warns of a key whose ends are white space', async () => {
    const key = Buffer.concat([Buffer.from(' '), HMAC_KEY]);
    await start(sound({ hmac_key: key.toString('base64') }));
    await attempt();
    expect(said.join('\n')).toMatch(/white space.*bad_signature/u);
    expect(readFileSync(join(folder, 'hmac.key'))).toEqual(key);
  });

  it('warns when by this clock the certificate is not valid', async () => {
    await start(async (request, response) => {
      const certificate = await authority.sign(csrOf(request.body), 'web-1', { fromDays: 2, untilDays: 9 });
      response.end(JSON.stringify({ ...(await soundBody(csrOf(request.body))), client_cert_pem: certificate }));
    });
    await attempt();
    expect(said.join('\n')).toMatch(/valid only from .* check the clock/u);
  });
});

describe('enroll, before anything is sent', () => {
  const untouched = async (options: Attempt): Promise<string> => {
    const { requests, bytesRead } = hub ?? (await start(sound()));
    const said = await refusal(options);
    expect(requests).toEqual([]);
    expect(bytesRead()).toBe(0);
    return said;
  };

  it('C7 a folder that already holds credentials: refused, the token not spent, nothing changed', async () => {
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'hmac.key'), 'before', { mode: 0o600 });
    expect(await untouched({})).toMatch(/already holds credentials \(hmac\.key\).*token is not spent.*--force/u);
    expect(readFileSync(join(folder, 'hmac.key'), 'utf8')).toBe('before');
    await attempt({ force: true });
    expect(readFileSync(join(folder, 'hmac.key'))).toEqual(HMAC_KEY);
    expect(inFolder()).toEqual(CREDENTIALS);
  });

  it('a dangling link in the place of a credential counts as one', async () => {
    mkdirSync(folder, { mode: 0o700 });
    symlinkSync(join(root, 'nowhere'), join(folder, 'agent.pem'));
    expect(await untouched({})).toMatch(/already holds credentials \(agent\.pem\)/u);
  });

  it.each([
    ['its name', (path: string) => path],
    ['its name and a slash', (path: string) => `${path}/`],
  ])('a folder that is a symbolic link, given by %s', async (_name, written) => {
    mkdirSync(join(root, 'real'), { mode: 0o700 });
    symlinkSync(join(root, 'real'), folder);
    expect(await untouched({ folder: written(folder) })).toMatch(/it is a symbolic link.*No request was made/u);
    expect(readdirSync(join(root, 'real'))).toEqual([]);
  });

  it('C4 a folder that cannot be made or written', async () => {
    writeFileSync(folder, 'a file');
    expect(await untouched({})).toMatch(/cannot be used: .*No request was made.*--creds-dir/u);
    expect(await untouched({ folder: join(folder, 'below') })).toMatch(/cannot be used: .*ENOTDIR/u);
    expect(await untouched({ folder: '/proc/self/credentials' })).toMatch(/cannot be used: /u);
  });

  it('a folder that others may write', async () => {
    mkdirSync(folder);
    execFileSync('chmod', ['0777', folder]);
    expect(await untouched({})).toMatch(/others may write there; run: chmod go-w /u);
  });

  it.each([
    ['http://hub.example/api/enroll/', /unencrypted; use https:/u],
    ['http://localhost:1/', /unencrypted; use https:/u],
    ['http://127.0.0.1:1/', /--insecure-loopback-http/u],
    ['ftp://hub.example/', /not an https:/u],
    ['hub.example', /is no address/u],
  ])('C10 SEC-032 the address %s', async (endpoint, says) => {
    expect(await untouched({ endpoint })).toMatch(says);
    expect(existsSync(folder)).toBe(false);
  });

  it('SEC-032 the flag does not open http:// to anything but a literal loopback address', async () => {
    for (const endpoint of ['http://localhost:1/', 'http://127.0.0.1.example/', 'http://10.0.0.1/', 'http://[::2]/'])
      expect(await untouched({ endpoint, insecureLoopbackHttp: true })).toMatch(/unencrypted/u);
  });

  it.each(['', 'x'.repeat(65), 'tab\there', '\u202Eweb', ' web'])('the agent id %j', async (agentId) => {
    expect(await untouched({ agentId })).toMatch(/cannot be an agent id; expected 1 to 64 printable/u);
  });

  it('SEC-033 a token of ours that was cut off', async () => {
    expect(await untouched({ token: `sp1.secret.${authority.digest.slice(0, 60)}` })).toMatch(/cut off/u);
  });

  it('a CA file that is none', async () => {
    writeFileSync(join(root, 'ca.pem'), 'not a certificate');
    expect(await untouched({ ca: join(root, 'ca.pem') })).toMatch(/cannot be read/u);
    expect(await untouched({ ca: join(root, 'absent.pem') })).toMatch(/cannot be read/u);
  });
});

describe('enroll, whom it trusts', () => {
  it('SEC-033 a hub that does not show the CA of the token learns not a byte of it', async () => {
    const { requests, bytesRead } = await start(sound());
    expect(await refusal({ token: `sp1.secret.${stranger.digest}` })).toMatch(
      /does not show the CA.*another machine.*nothing was sent/u,
    );
    expect(requests).toEqual([]);
    expect(bytesRead()).toBe(0);
    expect(inFolder()).toEqual([]);
  });

  it('SEC-033 a hub that shows the right CA and is not certified by it gets no request', async () => {
    const forged = await stranger.issue({ commonName: 'hub', names: ['localhost'] });
    // A chain to look at, from another CA, with the right one beside it.
    hub = await startEnrollingHub(
      { ...authority, issue: () => Promise.resolve({ cert: `${forged.cert}\n${stranger.pem}`, key: forged.key }) },
      sound(),
    );
    expect(await refusal()).not.toBe('enrolled');
    expect(hub.requests).toEqual([]);
    expect(hub.bytesRead()).toBe(0);
  });

  it('a token without a digest: the private CA of the hub is not trusted, --ca FILE is', async () => {
    const { requests } = await start(sound());
    expect(await refusal({ token: 'v1-token' })).toMatch(/--ca FILE/u);
    expect(requests).toEqual([]);
    const ca = join(root, 'given-ca.pem');
    writeFileSync(ca, authority.pem);
    await attempt({ token: 'v1-token', ca });
    expect(inFolder()).toEqual(CREDENTIALS);
  });

  it.each([
    [
      'for another name',
      { commonName: 'localhost', names: ['elsewhere.example'] },
      /is for DNS:elsewhere\.example, not for "localhost"/u,
    ],
    ['with a common name only', { commonName: 'localhost' }, /a common name does not count/u],
    ['that has expired', { commonName: 'hub', names: ['localhost'], fromDays: -9, untilDays: -1 }, /expired/u],
  ] as [string, LeafSpec, RegExp][])('SEC-023 C9 a certificate %s', async (_name, spec, says) => {
    const { requests } = await start(sound(), spec);
    expect(await refusal()).toMatch(says);
    expect(requests).toEqual([]);
  });
});

describe('enroll, what the hub may answer', () => {
  it.each([
    [400, /agent id/u],
    [401, /ask for a new one/u],
    [403, /used, has expired or is unknown; ask for a new one/u],
    [404, /\/api\/enroll\//u],
    [409, /choose another id/u],
    [429, /wait/u],
    [500, /hub's log/u],
  ])('C5 %i: its words, and what to do', async (status, advice) => {
    await start(json(status, { error: 'the words of the hub' }));
    const said = await refusal();
    expect(said).toMatch(new RegExp(`answered ${status}: the words of the hub; `, 'u'));
    expect(said).toMatch(advice);
    expect(inFolder()).toEqual([]);
  });

  it('a token used twice: the second is told so, and the first enrolment stays', async () => {
    let used = false;
    await start(async (request, response) => {
      if (used) return await json(403, { error: 'this token is used' })(request, response);
      used = true;
      return await sound()(request, response);
    });
    await attempt();
    const before = readFileSync(join(folder, 'agent.pem'), 'utf8');
    expect(await refusal({ force: true })).toMatch(/403: this token is used; .*ask for a new one/u);
    expect(readFileSync(join(folder, 'agent.pem'), 'utf8')).toBe(before);
    expect(inFolder()).toEqual(CREDENTIALS);
  });

  it.each([301, 302, 303, 307, 308])('SEC-003 a redirect %i is not followed', async (status) => {
    const elsewhere = await startEnrollingHub(authority, sound());
    try {
      const { requests } = await start((_request, response) => {
        response.writeHead(status, { location: elsewhere.endpoint }).end();
      });
      expect(await refusal()).toMatch(/redirects to https:.*not followed/u);
      expect(requests).toHaveLength(1);
      expect(elsewhere.requests).toEqual([]);
      expect(elsewhere.bytesRead()).toBe(0);
    } finally {
      await elsewhere.close();
    }
  });

  it('an answer larger than 64 KiB is not read to its end', async () => {
    await start((_request, response) => {
      response.write('x'.repeat(256 * 1024)); // and never ended
    });
    expect(await refusal()).toMatch(/larger than 65536 bytes/u);
    expect(inFolder()).toEqual([]);
  });

  it('what it says is fit for a terminal', async () => {
    await start(json(403, { error: 'red \u001B[31m alert \u0007\n second line' }));
    expect(await refusal()).toMatch(/^the hub answered 403: red +\[31m alert +second line; /u);
  });

  const unusable: [string, (body: Record<string, unknown>) => unknown, RegExp][] = [
    ['no JSON', () => undefined, /not with JSON/u],
    ['null', () => null, /client_cert_pem holds no PEM/u],
    ['a list', () => [1], /client_cert_pem holds no PEM/u],
    ['C6 no hmac_key', ({ hmac_key: _gone, ...rest }) => rest, /hmac_key is not base64/u],
    ['a key that is no text', (body) => ({ ...body, hmac_key: 7 }), /hmac_key is not base64/u],
    ['a key in loose base64', (body) => ({ ...body, hmac_key: '-_'.repeat(20) }), /hmac_key is not base64/u],
    ['SEC-034 a short key', (body) => ({ ...body, hmac_key: Buffer.alloc(15, 1).toString('base64') }), /15 usable bytes/u],
    ['SEC-034 a key of spaces', (body) => ({ ...body, hmac_key: Buffer.alloc(64, 32).toString('base64') }), /0 usable bytes/u],
    ['a certificate that is none', (body) => ({ ...body, client_cert_pem: 'text' }), /client_cert_pem holds no PEM/u],
    [
      'a PEM with nothing in it',
      (body) => ({ ...body, ca_cert_pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }),
      /ca_cert_pem cannot be read/u,
    ],
    [
      'a PEM that is not ASCII',
      (body) => ({ ...body, ca_cert_pem: `é${String(body['ca_cert_pem'])}` }),
      /ca_cert_pem holds no PEM/u,
    ],
    ['the CA of somebody else', (body) => ({ ...body, ca_cert_pem: stranger.pem }), /does not lead to the CA/u],
  ];
  it.each(unusable)('%s: nothing is written', async (_name, change, says) => {
    await start(async (request, response) => {
      const body = change(await soundBody(csrOf(request.body)));
      response.end(body === undefined ? '<html>' : JSON.stringify(body));
    });
    expect(await refusal()).toMatch(says);
    expect(inFolder()).toEqual([]);
  });

  it('a certificate for another key, or for another agent: nothing is written', async () => {
    const { cert } = await authority.issue({ commonName: 'web-1' });
    await start(sound({ client_cert_pem: cert }));
    expect(await refusal()).toMatch(/for another key/u);
    await hub?.close();
    await start(sound({}, 'web-2'));
    expect(await refusal()).toMatch(/for "web-2", not for "web-1"/u);
    expect(inFolder()).toEqual([]);
  });

  it('a hub that is not there, or no TLS: says so', async () => {
    expect(await refusal({ endpoint: 'https://localhost:1/api/enroll/' })).toMatch(/cannot reach the hub.*ECONNREFUSED/u);
    const sockets: Socket[] = [];
    const plain: Server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => void plain.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = plain.address() as AddressInfo;
      expect(await refusal({ endpoint: `https://localhost:${port}/` })).toMatch(/cannot reach the hub/u);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void plain.close(() => resolve()));
    }
  });
});
