import type { ConfigProblem } from '@stormpulse/sdk';
import type { DockerConfig } from './config.ts';

const DEFAULT_HOST = 'unix:///var/run/docker.sock';

/** Which engine is meant, in the two spellings that are needed. */
export interface Daemon {
  /** For `ctx.http`: `unix:/run/docker.sock`, `http://127.0.0.1:2375`. */
  readonly origin: string;
  /** For the docker program; undefined: it finds the same one by itself. */
  readonly dockerHost: string | undefined;
}

/** The engine that `[docker] host` names, or else the one that the docker program would use. */
export function daemonOf({ docker }: DockerConfig, environment: Readonly<Record<string, string | undefined>>): Daemon {
  const inherited = environment['DOCKER_HOST'];
  const fallback = inherited?.startsWith('unix:/') === true ? inherited : DEFAULT_HOST;
  const written = docker?.host ?? fallback;
  const socket = written.startsWith('unix:') ? written.replace(/^unix:(?:\/\/)?/u, '') : undefined;
  return {
    origin: socket === undefined ? written.replace(/^tcp:/u, 'http:') : `unix:${socket}`,
    dockerHost: docker?.host === undefined ? undefined : socket === undefined ? written : `unix://${socket}`,
  };
}

/** A TCP port of an engine is root for whoever reaches it: taken only where the operator says so in words of its own. */
export function daemonProblems({ docker }: DockerConfig): readonly ConfigProblem[] {
  const { host, allow_tcp: allowed } = docker ?? {};
  if (host?.startsWith('tcp:') !== true || allowed === true) return [];
  return [
    {
      path: ['docker', 'host'],
      problem: `is ${JSON.stringify(host)}, a TCP port, which makes whoever reaches it root on that machine`,
      expected: 'a socket, such as "unix:///var/run/docker.sock"',
      fix: 'name the socket, or write allow_tcp = true where the port is a socket proxy that only this host reaches',
    },
  ];
}
