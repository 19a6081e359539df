import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { lineOf } from './processes.mjs';

const SCRIPT = fileURLToPath(new URL('../test/testbed/meshcentral.sh', import.meta.url));
/** The script allows the server and the agent 90 s each. */
const READY_MS = 200_000;
const OPEN_MS = 10_000;

/**
 * A MeshCentral server with its own agent, and one connection to its API as its own command-line client opens it. Needs the network
 * that scripts/bench.mjs makes for --meshcentral, and `test/testbed/meshcentral.sh` to have been run.
 */
export async function startMeshCentral(processes) {
  const { match } = await lineOf(processes, 'bash', [SCRIPT, 'run'], /^ready (\S+) (\S+) (\S+)$/, {
    env: process.env,
    withinMs: READY_MS,
  });
  const [, url, node, auth] = match;
  // The server's certificate is its own, made a moment ago on this machine.
  const socket = new WebSocket(url, { headers: { 'x-meshauth': auth }, rejectUnauthorized: false, perMessageDeflate: false });
  const waiting = new Map();
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`MeshCentral gave no session in ${OPEN_MS} ms`)), OPEN_MS);
    socket.on('error', reject);
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      if (message.action === 'serverinfo') {
        clearTimeout(timer);
        resolve();
      }
      waiting.get(message.responseid)?.(message.result);
    });
  });
  let orders = 0;

  return {
    /** Orders `echo TEXT` with its reply; `result` is undefined when none came within `withinMs`. `elapsed` in milliseconds. */
    async echo(text, withinMs) {
      orders += 1;
      const responseid = `order-${orders}`;
      const begun = performance.now();
      socket.send(
        JSON.stringify({
          action: 'runcommands',
          nodeids: [node],
          type: 0,
          cmds: `echo ${text}`,
          runAsUser: 0,
          reply: true,
          responseid,
        }),
      );
      const result = await new Promise((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        waiting.set(responseid, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
      });
      waiting.delete(responseid);
      return { result, elapsed: performance.now() - begun };
    },

    close: () => socket.terminate(),
  };
}
