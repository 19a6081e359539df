import { CommandFailed, Type, job } from '@stormpulse/sdk';
import type { Command, JobCall } from '@stormpulse/sdk';
import type { Engine } from '../engine/engine.ts';
import { EngineStream } from '../engine/errors.ts';
import { asCommand } from '../engine/failure.ts';
import { jsonLines } from '../engine/json-lines.ts';
import { shown } from '../shown-text.ts';

const ImageParam = Type.String({
  pattern: '^[a-z0-9][a-zA-Z0-9._:/@-]{0,254}$',
  maxLength: 255,
  description: 'Registry, repository and tag or digest: nginx, ghcr.io/acme/web:1.2. Default tag: latest.',
  examples: ['nginx:1.27'],
});

/** Of what an engine or a registry says. */
const MAX_TOLD_CHARS = 400;
/** An image has some dozens; what an engine claims beyond is not counted. */
const MAX_LAYERS = 1_000;

interface Said {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly error?: unknown;
}

/** Images from their registry, without credentials: those are the docker program's, not the engine's. */
export function pullCommand(engine: Engine): Command {
  return job({
    id: 'pull',
    title: 'Pull an image',
    effect: 'write',
    timeout: '30m',
    params: Type.Object({ image: ImageParam }),
    result: Type.Object({ image: Type.String(), status: Type.String() }),
    rereads: [{ collector: 'images' }],
    serializeBy: ({ image }) => image,
    run: (call) => asCommand(() => pull(engine, call)),
  });
}

async function pull(
  engine: Engine,
  { params, progress, signal }: Pick<JobCall<{ image: string }, unknown>, 'params' | 'progress' | 'signal'>,
) {
  const { image } = params;
  const layers = new Set<string>();
  const done = new Set<string>();
  let status = '';
  const lines = jsonLines((value) => {
    const { id, status: said, error } = (value ?? {}) as Said;
    // The answer began well; what went wrong later is told in it.
    if (typeof error === 'string') throw CommandFailed({ reason: 'pull_failed', message: shown(error, MAX_TOLD_CHARS) });
    if (typeof said !== 'string') return;
    if (typeof id !== 'string') {
      status = shown(said, MAX_TOLD_CHARS);
      return;
    }
    if (layers.size < MAX_LAYERS) layers.add(id);
    if (layers.has(id) && /^(?:Pull complete|Already exists)$/u.test(said)) done.add(id);
    progress({ done: done.size, total: layers.size });
  });
  const query = new URLSearchParams(reference(image));
  await engine.stream({ method: 'POST', path: `/images/create?${query.toString()}`, signal }, (piece) => lines.push(piece));
  lines.end();
  if (status === '' && layers.size === 0) throw EngineStream({ problem: 'says nothing of the image' });
  return { image, status };
}

/** Without a tag an engine would fetch all of them. */
export function reference(image: string): { readonly fromImage: string; readonly tag: string } {
  const digest = image.indexOf('@');
  if (digest !== -1) return { fromImage: image.slice(0, digest), tag: image.slice(digest + 1) };
  const colon = image.indexOf(':', image.lastIndexOf('/') + 1);
  return colon === -1 ? { fromImage: image, tag: 'latest' } : { fromImage: image.slice(0, colon), tag: image.slice(colon + 1) };
}
