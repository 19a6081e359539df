// The least an idle agent can be: one mTLS 1.3 WebSocket, and five procfs files read and sent every 15 s.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import WebSocket from 'ws';

const [url, folder, agentId] = process.argv.slice(2);
const FILES = ['stat', 'meminfo', 'loadavg', 'net/dev', 'diskstats'];
const EVERY_MS = 15_000;

const socket = new WebSocket(url, {
  ca: readFileSync(join(folder, 'ca.pem')),
  cert: readFileSync(join(folder, 'agent.pem')),
  key: readFileSync(join(folder, 'agent-key.pem')),
  minVersion: 'TLSv1.3',
  perMessageDeflate: false,
});

async function sample() {
  const texts = await Promise.all(FILES.map((name) => readFile(`/proc/${name}`, 'utf8')));
  const payload = Object.fromEntries(FILES.map((name, index) => [name, texts[index].split('\n')]));
  socket.send(JSON.stringify({ type: 'metrics.push', agent_id: agentId, payload }));
}

socket.on('open', () => {
  socket.send(JSON.stringify({ type: 'register', agent_id: agentId, payload: {} }));
  setInterval(() => void sample(), EVERY_MS);
});
socket.on('close', () => process.exit(1));
