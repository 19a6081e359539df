// A file of its own in the bundle, started by path: the process or the thread in which one plugin's code runs.
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { ChildPlugin } from './child-plugin.ts';
import { FrameReader, frameOf } from './frames.ts';
import { Rpc } from './rpc.ts';
import { textOf } from './travelling-error.ts';

const MISUSED = 70;
const STDIN = 0;
const STDOUT = 1;
const READ_BYTES = 65_536;

/** The line to the agent: two pipes, or the thread's port. */
interface Line {
  readonly send: (frame: string) => void;
  readonly listen: (onFrame: (frame: string) => void) => void;
}

function pipes(): Line {
  // What the plugin prints is its log, not a frame.
  Object.defineProperty(process, 'stdout', { get: () => process.stderr, configurable: true });
  return {
    send: (frame) => writeAll(frameOf(frame)),
    listen(onFrame) {
      const reader = new FrameReader();
      const onread = {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback(length: number, buffer: Uint8Array): boolean {
          reader.push(Buffer.from(buffer.subarray(0, length))).forEach(onFrame);
          return true;
        },
      };
      const options = { fd: STDIN, readable: true, writable: false, onread };
      const input = new Socket(options);
      // The agent is gone.
      input.once('close', () => process.exit(0));
      input.resume();
    },
  };
}

/** The pipe was never opened as a stream, so it blocks: what is sent has left when this returns, also right before an end. */
function writeAll(frame: Buffer): void {
  for (let at = 0; at < frame.length;) at += writeSync(STDOUT, frame, at);
}

function port(to: NonNullable<typeof parentPort>): Line {
  return { send: (frame) => to.postMessage(frame, []), listen: (onFrame) => void to.on('message', onFrame) };
}

const line = parentPort === null ? pipes() : port(parentPort);
const plugin = new ChildPlugin();
const rpc = new Rpc({
  send: line.send,
  onCall: (name, args, running) => plugin.answer(name, args, running),
  onNote: () => undefined,
  onBroken: (why) => {
    process.stderr.write(`the agent broke the rules of the line: ${why}\n`);
    process.exit(MISUSED);
  },
});
plugin.connect(rpc);
// Told before it ends by it: an exit code alone says nothing.
process.on('uncaughtExceptionMonitor', (error, origin) => {
  rpc.note('dying', {
    why: `${origin === 'unhandledRejection' ? 'a rejection nobody handled' : 'an exception nobody caught'}: ${textOf(error)}`,
  });
});
line.listen((frame) => rpc.receive(frame));
