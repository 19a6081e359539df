import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const PROJECT = 'com.docker.compose.project';

/**
 * The label by which containers of a compose file are found: of the project that compose itself would name (`COMPOSE_PROJECT_NAME` of
 * the `.env` beside it, `name:` in it, its folder), or of the file where that name is computed. Rejects when the file cannot be read.
 */
export async function projectLabel(composeFile: string): Promise<string> {
  const [compose, variables] = await Promise.all([
    readFile(composeFile, 'utf8'),
    readFile(join(dirname(composeFile), '.env'), 'utf8').catch(() => ''),
  ]);
  const written = /^(?:export )?COMPOSE_PROJECT_NAME=(.+)$/mu.exec(variables)?.[1] ?? /^name:[ \t]+(.+)$/mu.exec(compose)?.[1];
  const name = written === undefined ? basename(dirname(composeFile)) : unquoted(written);
  return name.includes('$') ? `${PROJECT}.config_files=${composeFile}` : `${PROJECT}=${normalised(name)}`;
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
