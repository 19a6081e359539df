import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Clock } from '@stormpulse/kernel';
import type { Carrier, CarrierEvents, StartCarrier, Usage } from './carrier.ts';
import { FrameReader, frameOf } from './frames.ts';
import { textOf } from './travelling-error.ts';

/** A process with its group, and what it started. */
export interface StartedProcess {
  readonly child: ChildProcess;
  askToEnd(): void;
  /** Ends it, its group and what left that. */
  kill(): void;
}

/** Starts a program without the agent's environment and descriptors, in a group of its own, its three streams piped. */
export type StartProcess = (file: string, args: readonly string[]) => StartedProcess;

export interface ProcessCarrierOptions {
  readonly clock: Clock;
  readonly start: StartProcess;
  readonly node: string;
  readonly args: readonly string[];
}

const KILL_AFTER_MS = 2_000;
/** After its exit its last words may still be in the pipe. */
const DRAIN_MS = 200;
/** What waits to be written to one that does not read. */
const MAX_UNREAD_BYTES = 32 * 1_048_576;
/** The kernel counts in hundredths of a second wherever Linux runs, and in pages of 4 KiB on what Node is built for. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4_096;

/** Runs a plugin in a process of its own. */
export function processCarrier({ clock, start, node, args }: ProcessCarrierOptions): StartCarrier {
  return (events) => {
    let started: StartedProcess;
    try {
      started = start(node, args);
    } catch (error) {
      return failedStart(events, textOf(error));
    }
    return new ProcessCarrier(started, clock, events);
  };
}

function failedStart(events: CarrierEvents, why: string): Carrier {
  queueMicrotask(() => events.onEnd(`its process could not be started: ${why}`));
  return { send: () => undefined, usage: () => undefined, end: () => Promise.resolve(), deafen: () => undefined };
}

class ProcessCarrier implements Carrier {
  readonly #started: StartedProcess;
  readonly #clock: Clock;
  readonly #events: CarrierEvents;
  readonly #reader = new FrameReader();
  readonly #gone: Promise<void>;
  #isGone = false;
  #isDeaf = false;
  #ending: Promise<void> | undefined;

  constructor(started: StartedProcess, clock: Clock, events: CarrierEvents) {
    this.#started = started;
    this.#clock = clock;
    this.#events = events;
    const { child } = started;
    // A pipe that breaks is told by the exit.
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.on('error', () => undefined);
    child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => events.onOutput(chunk));
    this.#gone = new Promise((resolve) => {
      const gone = (why: string): void => {
        if (this.#isGone) return;
        this.#isGone = true;
        // What it left behind goes with it.
        started.kill();
        [child.stdin, child.stdout, child.stderr].forEach((pipe) => pipe?.destroy());
        resolve();
        events.onEnd(why);
      };
      child.once('error', (error) => gone(`its process could not be started: ${error.message}`));
      child.once('close', () => gone(howItEnded(child)));
      child.once('exit', () => void clock.after(DRAIN_MS, () => gone(howItEnded(child))));
    });
  }

  send(frame: string): void {
    const { stdin } = this.#started.child;
    if (stdin === null || stdin.destroyed || this.#isGone) return;
    stdin.write(frameOf(frame));
    if (stdin.writableLength > MAX_UNREAD_BYTES) this.#events.onBroken('it does not read what it is sent');
  }

  usage(): Usage | undefined {
    const { pid } = this.#started.child;
    return pid === undefined || this.#isGone ? undefined : usageOf(pid);
  }

  end(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  deafen(): void {
    this.#isDeaf = true;
  }

  async #end(): Promise<void> {
    if (this.#isGone) return;
    this.#started.askToEnd();
    const cancel = this.#clock.after(KILL_AFTER_MS, () => this.#started.kill());
    await this.#gone;
    cancel();
  }

  #read(chunk: Buffer): void {
    if (this.#isDeaf) return;
    try {
      this.#events.onFrames(this.#reader.push(chunk), chunk.length);
    } catch (error) {
      this.#events.onBroken(textOf(error));
    }
  }
}

function howItEnded({ exitCode, signalCode }: ChildProcess): string {
  return signalCode === null ? `it exited with code ${exitCode ?? 'unknown'}` : `it was ended by ${signalCode}`;
}

/** Resident memory and CPU time; undefined once it is gone (proc(5)). */
function usageOf(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets, which may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuMs = (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
    return { cpuMs, bytes: Number(fields[21]) * PAGE_BYTES };
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
