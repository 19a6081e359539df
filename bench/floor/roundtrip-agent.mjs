// The least that answers a command: read the frame, start the program, send back what it printed. Nothing is checked.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import WebSocket from 'ws';

const [url, folder, agentId] = process.argv.slice(2);

const socket = new WebSocket(url, {
  ca: readFileSync(join(folder, 'ca.pem')),
  cert: readFileSync(join(folder, 'agent.pem')),
  key: readFileSync(join(folder, 'agent-key.pem')),
  minVersion: 'TLSv1.3',
  perMessageDeflate: false,
});

function send(type, payload) {
  socket.send(JSON.stringify({ type, agent_id: agentId, payload }));
}

socket.on('open', () => send('register', {}));
socket.on('close', () => process.exit(1));
socket.on('message', (data) => {
  const { type, id, payload } = JSON.parse(data);
  if (type !== 'command.request') return;
  const child = spawn('/bin/echo', [payload.params.text], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.on('close', (code) => send('command.result', { request_id: id, success: code === 0, exit_code: code, stdout, stderr }));
});
