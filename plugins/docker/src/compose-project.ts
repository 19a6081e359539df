import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const PROJECT = 'com.docker.compose.project';
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * The label by which containers of a compose file are found: of the project that compose itself would name (`COMPOSE_PROJECT_NAME` of
 * the `.env` beside it, `name:` in it, its folder), or of the file where that name is computed. Rejects when the file cannot be read.
 */
export async function projectLabel(composeFile: string): Promise<string> {
  const [compose, variables] = await Promise.all([
    readText(composeFile),
    readText(join(dirname(composeFile), '.env')).catch(() => ''),
  ]);
  const written = /^(?:export )?COMPOSE_PROJECT_NAME=(.+)$/mu.exec(variables)?.[1] ?? /^name:[ \t]+(.+)$/mu.exec(compose)?.[1];
  const name = written === undefined ? basename(dirname(composeFile)) : unquoted(written);
  return name.includes('$') ? `${PROJECT}.config_files=${composeFile}` : `${PROJECT}=${normalised(name)}`;
}

/** Whoever writes the project may have put a device, a pipe or a file without end there. */
async function readText(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    const { size } = stat;
    if (!stat.isFile()) throw new Error(`${path} is no file; name a compose file`);
    if (size > MAX_FILE_BYTES) throw new Error(`${path} has ${size} bytes, a compose file at most ${MAX_FILE_BYTES}`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function unquoted(value: string): string {
  const match = /^\s*(?:"([^"]*)"|'([^']*)'|([^#\s]*))/u.exec(value);
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? '';
}

/** As compose makes a name of a folder. */
function normalised(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/gu, '')
    .replace(/^[_-]+/u, '');
}
