import { HubError, createHub } from '@stormpulse/hub';
import type { Hub, HubLog } from '@stormpulse/hub';
import { formatTimestamp } from '@stormpulse/protocol';
import { newNonce } from '@stormpulse/protocol/node';
import type { HubAnswer, HubCall, HubReady, HubRequest } from './hub-door.ts';

const say = (message: HubReady | HubAnswer): void => {
  if (process.connected) process.send?.(message);
};
const line = (level: string) => (fields: object, text: string) => {
  process.stderr.write(`${JSON.stringify({ level, ...fields, msg: text })}\n`);
};
const log: HubLog = { info: line('info'), warn: line('warn'), error: line('error') };

async function answer(hub: Hub, request: HubRequest): Promise<string> {
  switch (request.op) {
    case 'setup-link':
      return await hub.setupLink();
    case 'token':
      return (await hub.createToken(request.agentId)).token;
    case 'sign': {
      const ts = formatTimestamp(BigInt(Date.now() + request.shiftSeconds * 1_000) * 1_000n);
      return hub.signer.sign(request.agentId, { command: request.command, params: request.params, nonce: newNonce(), ts });
    }
    case 'send': {
      const link = hub.gateway.link(request.agentId);
      if (link === undefined) throw new Error(`agent ${request.agentId} is not connected`);
      link.send(request.text);
      return '';
    }
    case 'connected':
      return hub.gateway.link(request.agentId) === undefined ? 'no' : 'yes';
  }
}

async function main(): Promise<void> {
  const [stateDir = '', agentsPort = '0', peoplePort = '0'] = process.argv.slice(2);
  const hub = await createHub({
    stateDir,
    agentsListen: { host: '127.0.0.1', port: Number(agentsPort) },
    peopleListen: { host: '127.0.0.1', port: Number(peoplePort) },
    log,
  });
  let closing: Promise<void> | undefined;
  const close = (): void => {
    closing ??= hub.close().finally(() => process.connected && process.disconnect());
  };
  process.on('SIGTERM', close);
  // Ctrl-C and a closed terminal reach the whole group; the parent closes this process in its turn.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('disconnect', close);
  process.on('message', (call: HubCall) => {
    void answer(hub, call.request).then(
      (value) => say({ id: call.id, value }),
      (error: unknown) => say({ id: call.id, error: refusal(error) }),
    );
  });
  say({ ready: true, agentsUrl: hub.agentsUrl, peopleUrl: hub.peopleUrl });
}

function refusal(error: unknown): { readonly code: string | undefined; readonly message: string } {
  return {
    code: error instanceof HubError ? error.code : undefined,
    message: error instanceof Error ? error.message : String(error),
  };
}

try {
  await main();
} catch (error) {
  // For the parent, which shows the end of this stream: a sentence, without Node's own picture of the source line.
  process.stderr.write(`${refusal(error).message}\n`);
  process.exitCode = 1;
  if (process.connected) process.disconnect();
}
