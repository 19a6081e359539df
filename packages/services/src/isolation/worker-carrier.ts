import { Worker } from 'node:worker_threads';
import type { Carrier, StartCarrier, Usage } from './carrier.ts';
import { MAX_FRAME_BYTES } from './frames.ts';

export interface WorkerCarrierOptions {
  readonly entry: URL;
  readonly heapMb: number;
}

/**
 * Runs a plugin in a thread. Against faults alone: it shares the agent's process, and neither its buffers nor its system calls have
 * a wall.
 */
export function workerCarrier({ entry, heapMb }: WorkerCarrierOptions): StartCarrier {
  return (events) => {
    const worker = new Worker(entry, {
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      trackUnmanagedFds: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 8 },
    });
    let isDeaf = false;
    let isGone = false;
    let why: string | undefined;
    const gone = new Promise<void>((resolve) => {
      worker.once('error', (error) => {
        why = `it ended by an exception nobody caught: ${error.message}`;
      });
      worker.once('exit', (code) => {
        isGone = true;
        resolve();
        events.onEnd(why ?? `it exited with code ${code}`);
      });
    });
    worker.on('message', (frame: unknown) => {
      if (isDeaf) return;
      if (typeof frame !== 'string') return events.onBroken('it sent what is no frame');
      const { length } = frame;
      if (length > MAX_FRAME_BYTES)
        return events.onBroken(`it sent a frame of ${length} characters; at most ${MAX_FRAME_BYTES} are read`);
      events.onFrames([frame], length);
    });
    for (const stream of [worker.stdout, worker.stderr]) stream.setEncoding('utf8').on('data', events.onOutput);
    const carrier: Carrier = {
      send: (frame) => worker.postMessage(frame, []),
      // Node tells no CPU time of a thread; what its heap and buffers take it tells itself.
      usage: (): Usage | undefined => (isGone ? undefined : {}),
      end: async () => {
        if (isGone) return;
        await worker.terminate();
        await gone;
      },
      deafen: () => {
        isDeaf = true;
      },
    };
    return carrier;
  };
}
