import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAgentId } from '../config/agent-id.ts';
import { checkAnswer } from '../enrollment/answer.ts';
import { prepareFolder, writeIdentity } from '../enrollment/credentials-folder.ts';
import { exchange } from '../enrollment/exchange.ts';
import { findAuthority } from '../enrollment/hub-authority.ts';
import { readToken } from '../enrollment/token.ts';
import { Enrollment } from '../errors.ts';
import { printable } from '../host/printable.ts';
import { guardProcess } from '../host/start-guards.ts';

export interface EnrollOptions {
  readonly credsDir: string;
  readonly force: boolean;
  readonly ca?: string;
  readonly insecureLoopbackHttp: boolean;
}

/** `stormpulse enroll`: nothing is spent before every local check has passed. Throws `E_ENROLL`, `E_AGENT_REFUSED`. */
export async function enroll(
  endpointText: string,
  agentId: string,
  tokenText: string,
  options: EnrollOptions,
  say: (line: string) => void,
): Promise<void> {
  guardProcess();
  const endpoint = checkEndpoint(endpointText, options.insecureLoopbackHttp);
  checkAgentId(agentId);
  const token = readToken(tokenText);
  const givenCa = options.ca === undefined ? undefined : readCa(options.ca);
  prepareFolder(options.credsDir, options);
  const { createKeyAndRequest } = await import('../enrollment/key-and-request.ts');
  const { keyPem, csrPem } = await createKeyAndRequest(agentId);
  const caPem =
    givenCa ??
    (token.caDigest === undefined || endpoint.protocol === 'http:' ? undefined : await findAuthority(endpoint, token.caDigest));
  if (caPem === undefined && endpoint.protocol === 'https:')
    say('The token names no CA: the hub is verified by the certificates this system trusts.');
  const answer = await exchange({ endpoint, agentId, token: token.text, csrPem, caPem });
  const identity = checkAnswer(answer, agentId, keyPem);
  try {
    writeIdentity(options.credsDir, identity, keyPem, { endpoint: endpointText, agentId });
  } catch (cause) {
    throw Enrollment(
      {
        what: `the hub enrolled ${agentId}, but its credentials could not be written to ${options.credsDir}: ${String(cause)}. The token is spent: free the disk, have the id revoked at the hub, and enroll again`,
      },
      { cause },
    );
  }
  identity.warnings.forEach(say);
  say(`Enrolled ${agentId}. Its credentials are in ${options.credsDir}; the key never left this host.`);
}

/** SEC-032: plain HTTP only to a literal loopback address, and only when asked for. */
function checkEndpoint(text: string, loopbackHttp: boolean): URL {
  if (!URL.canParse(text))
    throw Enrollment({ what: `"${text}" is no address; expected something like https://hub.example/api/enroll/` });
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw Enrollment({ what: `the address of ${url.host} holds a name or a password; leave them out: the token is what counts` });
  if (url.protocol === 'https:') return url;
  if (url.protocol !== 'http:') throw Enrollment({ what: `${text} is not an https:// address` });
  const loopback = url.hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/u.test(url.hostname);
  if (loopback && loopbackHttp) return url;
  throw Enrollment({
    what: `${text} would send the token unencrypted; use https://${loopback ? ', or --insecure-loopback-http for a test on this machine' : ''}`,
  });
}

function checkAgentId(agentId: string): void {
  if (!isAgentId(agentId))
    throw Enrollment({ what: `"${printable(agentId, 80)}" cannot be an agent id; expected 1 to 64 printable characters` });
}

function readCa(path: string): string {
  let text: string;
  let isCa: boolean;
  try {
    text = readFileSync(path, 'utf8');
    isCa = new X509Certificate(text).ca;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw Enrollment({ what: `the CA file ${path} cannot be read as a PEM certificate: ${why}` }, { cause });
  }
  if (isCa) return text;
  throw Enrollment({ what: `${path} holds a certificate that is no CA's; name the file of the hub's CA` });
}
