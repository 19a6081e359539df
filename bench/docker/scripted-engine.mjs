// An Engine API that starts and stops containers faster than a real engine can.
import { createServer } from 'node:http';

const CONTAINERS = 200;
const STORM_EVERY_MS = 20;

/** Listens on a socket; `storm` makes events, `last` is what they came to. */
export async function startScriptedEngine(socketPath) {
  const containers = Array.from({ length: CONTAINERS }, (_, at) => containerNamed(`c${at}`));
  const listeners = new Set();
  const answers = {
    '/version': () => ({ Version: 'scripted', ApiVersion: '1.41', MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' }),
    '/containers/json': () => containers,
    '/images/json': () => [],
    '/volumes': () => ({ Volumes: [] }),
    '/networks': () => [],
    '/system/df': () => ({ LayersSize: 0 }),
  };
  const server = createServer((request, response) => {
    const path = request.url.replace(/^\/v\d+\.\d+/, '').replace(/\?.*/, '');
    if (path === '/events') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      listeners.add(response);
      response.once('close', () => listeners.delete(response));
    } else if (answers[path] === undefined) response.writeHead(404).end('{"message":"no such container"}');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers[path]()));
  });
  await new Promise((resolve) => server.listen(socketPath, resolve));

  function set(container, State, actions) {
    container.State = State;
    for (const Action of actions) {
      const event = { Type: 'container', Action, Actor: { ID: container.Id, Attributes: { name: container.Names[0].slice(1) } } };
      for (const listener of listeners) listener.write(`${JSON.stringify(event)}\n`);
    }
  }

  return {
    get isHeard() {
      return listeners.size > 0;
    },
    /** So many starts and as many stops a second, each with the events a real one has; gives how many run at last. */
    async storm(perSecond, seconds) {
      const each = (perSecond * STORM_EVERY_MS) / 1_000;
      for (let tick = 0; tick < (seconds * 1_000) / STORM_EVERY_MS; tick += 1) {
        for (let at = 0; at < each; at += 1) {
          const container = containers[(tick * each + at) % CONTAINERS];
          set(container, 'running', ['start']);
          set(container, 'exited', ['kill', 'die', 'stop']);
        }
        await new Promise((resolve) => setTimeout(resolve, STORM_EVERY_MS));
      }
      const left = containers.slice(0, 7);
      for (const container of left) set(container, 'running', ['start']);
      return left.length;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function containerNamed(name) {
  return {
    Id: name.padEnd(64, '0'),
    Names: [`/${name}`],
    Image: 'app:1',
    ImageID: `sha256:${'0'.repeat(64)}`,
    Command: '/bin/run --with some --more arguments',
    Created: 1_700_000_000,
    State: 'exited',
    Status: 'Exited (0) 2 days ago',
    Ports: [],
    Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': name, 'org.example.of': 'nobody' },
    HostConfig: { NetworkMode: 'shop_default' },
    NetworkSettings: {
      Networks: { shop_default: { NetworkID: '0'.repeat(64), IPAddress: '172.18.0.2', Gateway: '172.18.0.1' } },
    },
    Mounts: [{ Type: 'volume', Name: 'data', Source: '', Destination: '/data', Driver: 'local', Mode: 'z', RW: true }],
  };
}
