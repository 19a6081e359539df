import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, keepLog, rejectAtEnd } from './child.ts';
import type { Children } from './child.ts';
import { HubRefused } from './hub-door.ts';
import type { HubAnswer, HubReady, HubRequest } from './hub-door.ts';
import type { StateFolder } from './state-folder.ts';

/** The hub in a process of its own. */
export interface HubProcess {
  readonly pid: number;
  readonly agentsUrl: string;
  readonly peopleUrl: string;
  /** Rejects with HubRefused, or as `died` does. */
  ask(request: HubRequest): Promise<string>;
  /** Rejects with the end of its log when it ends. */
  readonly died: Promise<never>;
}

const READY_MS = 60_000;

/** Starts the hub over its state folder; port 0 lets the system choose. Rejects with what the hub said. */
export async function startHub(
  children: Children,
  folder: StateFolder,
  ports: { readonly agents: number; readonly people: number },
): Promise<HubProcess> {
  const child = fork(
    fileURLToPath(new URL('hub-main.js', import.meta.url)),
    [folder.hub, String(ports.agents), String(ports.people)],
    { env: cleanEnvironment(), execArgv: [], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] },
  );
  children.add(child);
  const died = rejectAtEnd(child, 'the hub', keepLog(child, folder.logs.hub));
  const ready = await Promise.race([firstMessage(child), died]);
  const waiting = new Map<number, { readonly resolve: (value: string) => void; readonly reject: (error: Error) => void }>();
  child.on('message', (answer: HubAnswer) => {
    const entry = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.error === undefined) entry?.resolve(answer.value ?? '');
    else entry?.reject(new HubRefused(answer.error.code, answer.error.message));
  });
  let calls = 0;
  return {
    pid: child.pid ?? -1,
    agentsUrl: ready.agentsUrl,
    peopleUrl: ready.peopleUrl,
    died,
    ask: (request) => {
      if (!child.connected) return died;
      calls += 1;
      const id = calls;
      const answered = new Promise<string>((resolve, reject) => waiting.set(id, { resolve, reject }));
      child.send({ id, request });
      return Promise.race([answered, died]);
    },
  };
}

function firstMessage(child: ChildProcess): Promise<HubReady> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the hub was not ready within ${READY_MS / 1_000} s`)), READY_MS);
    child.once('message', (message: HubReady) => {
      clearTimeout(timer);
      resolve(message);
    });
    child.once('exit', () => clearTimeout(timer));
  });
}
