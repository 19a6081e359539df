import { writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { Type, definePlugin, handler } from '@stormpulse/sdk';
import type { Plugin, PluginContext } from '@stormpulse/sdk';

/** What the test tells a hostile plugin of its surroundings. */
export interface Surroundings {
  /** A file it was not granted. */
  readonly canary: string;
  /** Where something listens. */
  readonly port: number;
  readonly agentPid: number;
}

export interface Acts {
  readonly setup?: (ctx: PluginContext<Surroundings>) => void;
  readonly start?: () => Promise<void>;
  /** What its command does; the text is what it answers. */
  readonly timeout?: '2s';
  readonly run?: (config: Surroundings, ctx: PluginContext<Surroundings>) => Promise<string> | string;
}

/** A plugin of a name with one command that acts and one that answers. */
export function hostile(name: string, acts: Acts): Plugin {
  return definePlugin({
    name,
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'Does what a plugin should not do.',
    configSchema: Type.Object({ canary: Type.String(), port: Type.Integer(), agentPid: Type.Integer() }),
    capabilities: () => ({ commands: 'read' }),
    setup(ctx) {
      acts.setup?.(ctx);
      const command = (id: string, run: () => Promise<string> | string) =>
        handler({
          id,
          title: id,
          effect: 'read',
          timeout: acts.timeout ?? '60s',
          params: Type.Object({}),
          result: Type.String(),
          run: async () => await run(),
        });
      ctx.commands.register(
        command('act', () => acts.run?.(ctx.config, ctx) ?? 'acted'),
        command('answer', () => 'here'),
      );
      if (acts.start !== undefined) ctx.lifecycle.onStart(acts.start);
    },
  });
}

/** Writes to the line itself, past everything that keeps its rules. */
export function writeRaw(bytes: Buffer, text: unknown): void {
  if (parentPort === null) writeSync(1, bytes);
  else parentPort.postMessage(text, []);
}

export const rawFrame = (text: string): Buffer => {
  const frame = Buffer.alloc(4 + Buffer.byteLength(text));
  frame.writeUInt32BE(Buffer.byteLength(text));
  frame.write(text, 4);
  return frame;
};

export const forEver = (): Promise<never> => new Promise(() => undefined);
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** What an attempt came to: its result, or the code of its refusal. */
export async function attempt(what: () => unknown): Promise<string> {
  try {
    return `could: ${String(await what())}`;
  } catch (error) {
    return `refused: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`;
  }
}
