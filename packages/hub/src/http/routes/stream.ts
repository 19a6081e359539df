import type { ServerResponse } from 'node:http';
import { SqliteError } from '@stormpulse/sqlite';
import type { Logins } from '../../auth/logins.ts';
import type { LiveOutput } from '../../commands/live-output.ts';
import { findRunView } from '../../commands/run-view.ts';
import { HubError } from '../../errors.ts';
import { findAgentView } from '../../state/agent-view.ts';
import type { Change, Changes } from '../../state/changes.ts';
import type { Stores } from '../../storage/stores.ts';
import { API, LOGIN_COOKIE } from '../app.ts';
import type { PeopleApp } from '../app.ts';

interface StreamPorts {
  readonly stores: Stores;
  readonly changes: Changes;
  readonly logins: Logins;
  readonly output: LiveOutput;
}

const MAX_STREAMS = 64;
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
const FLUSH_MS = 20;
const CHECK_MS = 15_000;
const SNAPSHOT_RUNS = 20;

/**
 * `GET /stream/fleet`: server-sent events. First every agent and the newest runs, then each change: `agents` (AgentView),
 * `run` (RunView), `run-output` (`{run, agent, stream, at, text}`), `agent-event` (`{agent, event}`), `agent-manifest` (`{agent}`: its commands and plugins are to be
 * asked for again). A reader that falls behind is cut; it reconnects and gets a snapshot.
 */
export function streamRoutes(app: PeopleApp, ports: StreamPorts): void {
  let open = 0;
  app.get(
    `${API}/stream/fleet`,
    { config: { access: 'login' }, schema: { summary: 'Live changes as server-sent events', produces: ['text/event-stream'] } },
    (request, reply) => {
      if (open >= MAX_STREAMS) throw new HubError('E_RATE', 429, `${MAX_STREAMS} streams are open already; close a page`);
      reply.hijack();
      const { raw } = reply;
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
      raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', connection: 'keep-alive' });
      open += 1;
      const stop = follow(raw, ports, { cookie: request.cookies[LOGIN_COOKIE] ?? '', loginKey: request.login?.key ?? '' });
      raw.on('error', () => undefined);
      raw.on('close', () => {
        open -= 1;
        stop();
      });
    },
  );
}

function follow(
  raw: ServerResponse,
  { stores, changes, logins, output }: StreamPorts,
  login: { cookie: string; loginKey: string },
): () => void {
  const agents = new Set<string>();
  const runs = new Set<string>();
  let flushTimer: NodeJS.Timeout | undefined;

  function send(event: string, data: unknown): void {
    if (raw.writableLength > MAX_UNSENT_BYTES) raw.destroy();
    else raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Changes of one row within a moment become one event with its last state. */
  function flush(): void {
    clearTimeout(flushTimer);
    flushTimer = undefined;
    try {
      for (const id of agents) send('agents', findAgentView(stores, id));
      for (const id of runs) send('run', findRunView(stores.runs, id, output));
    } catch (error) {
      raw.destroy(error instanceof Error ? error : undefined);
    }
    agents.clear();
    runs.clear();
  }

  /** No answer of the store counts as no. */
  function signedIn(): boolean {
    try {
      return logins.find(login.cookie, false) !== undefined;
    } catch (error) {
      if (error instanceof SqliteError) return false;
      throw error;
    }
  }

  function take(change: Change): void {
    if (change.kind === 'agent') agents.add(change.agentId);
    if (change.kind === 'run') runs.add(change.runId);
    if (change.kind === 'output') {
      const { runId: run, agentId: agent, stream, at, text } = change;
      send('run-output', { run, agent, stream, at, text });
    }
    if (change.kind === 'manifest') send('agent-manifest', { agent: change.agentId });
    if (change.kind === 'event') send('agent-event', { agent: change.agentId, event: change.event });
    if (change.kind === 'login-ended' && change.login === login.loginKey) raw.end();
    if (change.kind === 'run' && change.answered === true) flush();
    else if (agents.size + runs.size > 0) flushTimer ??= setTimeout(flush, FLUSH_MS);
  }

  for (const { id } of stores.agents.all()) agents.add(id);
  for (const { id } of stores.runs.latest(undefined, SNAPSHOT_RUNS).toReversed()) runs.add(id);
  raw.write(': the fleet\n\n');
  flush();
  const unsubscribe = changes.subscribe(take);
  const check = setInterval(() => {
    if (signedIn()) raw.write(': still here\n\n');
    else raw.end();
  }, CHECK_MS);
  return () => {
    unsubscribe();
    clearInterval(check);
    clearTimeout(flushTimer);
  };
}
