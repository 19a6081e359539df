import { Agent, request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { isAgentError } from '@stormpulse/plugin-api';
import type { AgentError } from '@stormpulse/plugin-api';
import { ConnTimeout } from './errors.ts';
import { dialFailure } from './tls-failure.ts';
import { hubTlsOptions, readCredentials, wayTo } from './hub-tls.ts';
import type { WsTransportOptions } from './ws-transport.ts';

/** What a hub says to somebody who asks nothing of it. */
export interface HubAnswer {
  /** `E_CONN_*`: why it was not reached, or refused. */
  readonly refusal?: AgentError;
  /** Of its answer in HTTP; undefined when it accepted the connection and said nothing. */
  readonly status?: number;
  /** Its `Date` header in Unix milliseconds, to a second. */
  readonly time?: number;
  /** How long the answer took: `time` may be older by this. */
  readonly tookMs: number;
}

const STAGE_MS = 5_000;

/**
 * Reaches the hub as the agent would, with the same checks, and asks for its page instead of a WebSocket: a hub would take a
 * second socket of this agent for the agent itself. Never rejects.
 */
export async function probeHub(options: WsTransportOptions): Promise<HubAnswer> {
  const { stageMs = STAGE_MS } = options;
  const url = new URL(options.url.replace(/^ws/u, 'http'));
  const started = performance.now();
  try {
    // By itself first: whether somebody listens does not depend on certificates. Behind a proxy only the proxy can tell.
    if (options.proxy === undefined) await reach(options.url, url, stageMs);
    const answer = await ask(options, url, stageMs);
    return { ...answer, tookMs: performance.now() - started };
  } catch (error) {
    const refusal = isAgentError(error) ? error : dialFailure(options.url, error as Error, false);
    return { refusal, tookMs: performance.now() - started };
  }
}

function reach(told: string, url: URL, stageMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname.replaceAll(/^\[|\]$/gu, ''), port: Number(url.port || 443) });
    const timer = setTimeout(() => socket.destroy(ConnTimeout({ url: told, stage: 'the TCP connection', ms: stageMs })), stageMs);
    socket.once('close', () => clearTimeout(timer));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

async function ask(options: WsTransportOptions, url: URL, stageMs: number): Promise<Pick<HubAnswer, 'status' | 'time'>> {
  const way = await wayTo(url, options, AbortSignal.timeout(2 * stageMs), stageMs);
  const checks = { ...hubTlsOptions(options, readCredentials(options.credentials)), ...way } as unknown as RequestOptions;
  return await new Promise((resolve, reject) => {
    let isSecure = false;
    const asked = request(url, { ...checks, agent: new Agent({ keepAlive: false }) });
    const timer = setTimeout(() => {
      // One that is silent after TLS has accepted this agent's certificate as far as can be told.
      if (isSecure) resolve({});
      asked.destroy(ConnTimeout({ url: options.url, stage: 'the TLS handshake', ms: stageMs }));
    }, stageMs);
    asked.once('close', () => clearTimeout(timer));
    asked.once('socket', (socket) => socket.once('secureConnect', () => (isSecure = true)));
    asked.once('error', (error) => reject(isAgentError(error) ? error : dialFailure(options.url, error, isSecure)));
    asked.once('response', (response) => {
      const time = Date.parse(response.headers.date ?? '');
      resolve({ status: response.statusCode ?? 0, ...(Number.isNaN(time) ? {} : { time }) });
      asked.destroy();
    });
    asked.end();
  });
}
