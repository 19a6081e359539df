import { createServer } from 'node:net';

/** A port to listen on, and why it is not the wanted one. */
export interface ChosenPort {
  readonly port: number;
  readonly why: string | undefined;
}

/** `localhost` may mean either to a browser; a stranger on one of them would be met instead of the hub. */
const LOOPBACKS = ['127.0.0.1', '::1'] as const;
const NO_SUCH_ADDRESS: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** The port itself when it is free on loopback, else one the system chooses. 0 stays 0. */
export async function freePort(wanted: number): Promise<ChosenPort> {
  if (wanted === 0) return { port: 0, why: undefined };
  for (const host of LOOPBACKS) {
    const tried = await tryPort(host, wanted);
    if (typeof tried === 'number' || NO_SUCH_ADDRESS.has(tried)) continue;
    const other = await tryPort('127.0.0.1', 0);
    return { port: typeof other === 'number' ? other : 0, why: reasonOf(tried) };
  }
  return { port: wanted, why: undefined };
}

/** Both ports of a hub; says which had to be another one, and why. */
export async function freePorts(
  wanted: { readonly agentsPort: number; readonly peoplePort: number },
  say: (text: string) => void,
): Promise<{ readonly agents: number; readonly people: number }> {
  const agents = await freePort(wanted.agentsPort);
  const people = await freePort(wanted.peoplePort);
  if (agents.why !== undefined)
    say(`Port ${wanted.agentsPort} ${agents.why}; agents get ${agents.port} (choose one with --agents-port).`);
  if (people.why !== undefined)
    say(`Port ${wanted.peoplePort} ${people.why}; people get ${people.port} (choose one with --people-port).`);
  return { agents: agents.port, people: people.port };
}

/** The port taken (and let go), or the error's code. */
function tryPort(host: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

function reasonOf(code: string): string {
  if (code === 'EADDRINUSE') return 'is in use by another program';
  if (code === 'EACCES') return 'is not for ordinary users';
  return `cannot be used (${code})`;
}
