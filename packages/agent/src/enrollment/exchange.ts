import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions as HttpsOptions } from 'node:https';
import type { PeerCertificate } from 'node:tls';
import { Enrollment } from '../errors.ts';
import { identityProblem } from './hub-identity.ts';

const EXCHANGE_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** What the expected statuses mean, and what to do (wire page, section 4). */
const STATUS_HINTS: Readonly<Record<number, string>> = {
  400: 'the hub did not accept the agent id or the request; is the id the one the token was made for?',
  401: 'the hub did not accept the token; ask for a new one',
  403: 'the token was used, has expired or is unknown; ask for a new one',
  404: 'there is no enrollment at this address; it usually ends in /api/enroll/',
  409: 'the hub has an agent of this id already; choose another id, or have the old one revoked',
  429: 'too many attempts; wait some minutes',
};

export interface ExchangeRequest {
  readonly endpoint: URL;
  readonly agentId: string;
  readonly token: string;
  readonly csrPem: string;
  /** PEM of the one CA to trust; absent: Node's own roots, as v1 does. */
  readonly caPem: string | undefined;
  /** The whole exchange; 30,000 unless told. */
  readonly timeoutMs?: number;
}

/** The one HTTP exchange. No redirect is followed. Gives the parsed JSON body; rejects with `E_ENROLL`. */
export async function exchange(options: ExchangeRequest): Promise<unknown> {
  const body = JSON.stringify({ agent_id: options.agentId, token: options.token, csr_pem: options.csrPem });
  const { status, text, location } = await post(options, body);
  if (status >= 300 && status < 400) {
    throw Enrollment({
      what: `the hub redirects to ${clean(location ?? 'another address')}; redirects are not followed, because the token must reach the address you named. Enroll at the final address`,
    });
  }
  if (status < 200 || status >= 300) {
    const hint = STATUS_HINTS[status] ?? "see the hub's log";
    throw Enrollment({ what: `the hub answered ${status}: ${clean(errorText(text))}; ${hint}` });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw Enrollment(
      { what: `the hub answered ${status}, but not with JSON: ${clean(text)}; is this the enrollment address?` },
      { cause },
    );
  }
}

function post(
  options: ExchangeRequest,
  body: string,
): Promise<{ readonly status: number; readonly text: string; readonly location: string | undefined }> {
  const { endpoint, caPem, timeoutMs = EXCHANGE_MS } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  const send = endpoint.protocol === 'https:' ? httpsRequest : httpRequest;
  const settings: HttpsOptions = {
    method: 'POST',
    agent: false,
    rejectUnauthorized: true,
    minVersion: caPem === undefined ? 'TLSv1.2' : 'TLSv1.3',
    checkServerIdentity: (host: string, peer: PeerCertificate) => identityProblem(host, peer, caPem === undefined),
    signal,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      // D1: the hub gives a certificate that is short-lived only to an agent that renews it.
      'stormpulse-features': 'cert.renew',
    },
    ...(caPem === undefined ? {} : { ca: caPem }),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const why = signal.aborted ? `no whole answer within ${timeoutMs / 1_000} s` : clean(error.message);
      const fix = UNTRUSTED.test(codeOf(error))
        ? "if the hub's CA is private, use the whole token it printed, or --ca FILE"
        : 'check the address, and the firewall for outgoing connections';
      reject(Enrollment({ what: `the exchange with ${endpoint.origin} failed: ${why}; ${fix}` }, { cause: error }));
    };
    const request = send(endpoint, settings, (response) => {
      readAnswer(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, text, location: response.headers.location }),
        fail,
      );
    });
    request.once('error', fail);
    request.end(body);
  });
}

/** How Node calls a chain that leads to no certificate it trusts. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|INVALID_CA/u;

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      response.destroy();
      throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function errorText(text: string): string {
  try {
    const body = JSON.parse(text) as { readonly error?: unknown } | null;
    return typeof body?.error === 'string' ? body.error : text;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** What a stranger sent, fit for a terminal. */
function clean(text: string): string {
  return text
    .slice(0, 1024)
    .replaceAll(/\p{C}+/gu, ' ')
    .trim();
}
