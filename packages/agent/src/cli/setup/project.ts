import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import type { Asker, SetupStep } from '@stormpulse/wizard';
import { Refused } from '../../errors.ts';
import type { GivenAnswers } from './answers-file.ts';
import type { ProjectFacts } from './config-text.ts';

/** v1's deployment: what the file will say of it, and what is to be made for it. */
export interface Project {
  readonly facts: ProjectFacts;
  readonly steps: readonly SetupStep[];
}

const COMPOSE_FILES = ['docker-compose.yml', 'docker-compose.yaml', 'compose.yml', 'compose.yaml'];
const SERVICE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/u;
const SKIP = 'none';

type Chosen = Partial<Pick<GivenAnswers, 'project_dir' | 'compose_file' | 'docker_service_name' | 'env_file'>>;

/** Asks for it; an empty folder means that there is none. `before` is what the file says now. */
export async function askProject(asker: Asker, before: Chosen): Promise<Project | undefined> {
  const folder = await asker.text({
    message:
      'Folder of a deployment with a compose file, whose git and docker commands the hub may call\n(empty or "none": no deployment)',
    ...(before.project_dir === undefined ? {} : { initial: before.project_dir }),
    problemWith: (value) => (isNone(value) ? undefined : folderProblem(value)),
  });
  if (isNone(folder)) return undefined;
  const needsFolder = !existsSync(folder);
  if (needsFolder && !(await asker.yesNo({ message: `${folder} is not there. Make it?`, initial: true })))
    return await askProject(asker, before);
  const composeFile = await askComposeFile(asker, folder, before.compose_file);
  const services = existsSync(composeFile) ? servicesIn(readFileSync(composeFile, 'utf8')) : [];
  const service = await asker.text({
    message: `Its main service${services.length > 1 ? ` (${services.join(', ')})` : ''}`,
    initial: before.docker_service_name ?? services[0] ?? serviceName(folder),
    problemWith: (value) => (SERVICE.test(value) ? undefined : 'expected the name of a service: letters, digits, _ . and -'),
  });
  const envFile = await askEnvFile(asker, folder, before.env_file);
  return projectOf({ folder, composeFile, service, envFile });
}

/** The same from a file; what it leaves out is what would have been proposed. Throws `E_AGENT_REFUSED`. */
export function givenProject(given: Chosen, before: Chosen): Project | undefined {
  const folder = given.project_dir ?? before.project_dir;
  if (folder === undefined || isNone(folder)) return undefined;
  const must = (key: string, problem: string | undefined): void => {
    if (problem !== undefined) throw Refused({ what: `${key}: ${problem}` });
  };
  must('project_dir', folderProblem(folder));
  const composeFile = given.compose_file ?? before.compose_file ?? proposedComposeFile(folder);
  must('compose_file', pathProblem(composeFile));
  if (!existsSync(composeFile) && dirname(composeFile) !== folder) must('compose_file', `${composeFile} is not there`);
  const services = existsSync(composeFile) ? servicesIn(readFileSync(composeFile, 'utf8')) : [];
  const service = given.docker_service_name ?? before.docker_service_name ?? services[0] ?? serviceName(folder);
  must('docker_service_name', SERVICE.test(service) ? undefined : `"${service}" is no name of a service`);
  const proposedEnv = existsSync(join(folder, '.env')) ? join(folder, '.env') : SKIP;
  const envFile = given.env_file ?? before.env_file ?? proposedEnv;
  must('env_file', isNone(envFile) ? undefined : pathProblem(envFile));
  return projectOf({ folder, composeFile, service, envFile: isNone(envFile) ? undefined : envFile });
}

function projectOf(chosen: {
  readonly folder: string;
  readonly composeFile: string;
  readonly service: string;
  readonly envFile: string | undefined;
}): Project {
  const { folder, composeFile, service, envFile } = chosen;
  const steps: SetupStep[] = [
    ...(existsSync(folder) ? [] : [{ kind: 'make-folder', path: folder, mode: 0o755 } as const]),
    ...(existsSync(composeFile) ? [] : [newFile(composeFile, placeholder(service), 0o644)]),
    ...(envFile === undefined || existsSync(envFile) ? [] : [newFile(envFile, '', 0o600)]),
  ];
  const facts = { project_dir: folder, compose_file: composeFile, docker_service_name: service };
  return { facts: envFile === undefined ? facts : { ...facts, env_file: envFile }, steps };
}

function newFile(path: string, content: string, mode: number): SetupStep {
  return { kind: 'write-file', path: path as `/${string}`, content, mode };
}

async function askComposeFile(asker: Asker, folder: string, before: string | undefined): Promise<string> {
  const found = COMPOSE_FILES.map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (found.length > 1)
    return await asker.oneOf({
      message: 'Which compose file?',
      choices: found.map((value) => ({ value })),
      initial: before ?? found[0] ?? '',
    });
  const proposed = before ?? proposedComposeFile(folder);
  return await asker.text({
    message: existsSync(proposed)
      ? 'Its compose file'
      : 'It has no compose file. One is made here, with a service that cannot start until you fill it in',
    initial: proposed,
    problemWith: (value) =>
      pathProblem(value) ?? (existsSync(value) || dirname(value) === folder ? undefined : `${value} is not there`),
  });
}

async function askEnvFile(asker: Asker, folder: string, before: string | undefined): Promise<string | undefined> {
  const usual = join(folder, '.env');
  const answer = await asker.text({
    message: existsSync(usual)
      ? 'Its env file ("none": without)'
      : 'Its env file (empty: without; one that is not there is made)',
    initial: before ?? (existsSync(usual) ? usual : SKIP),
    problemWith: (value) => (isNone(value) ? undefined : pathProblem(value)),
  });
  return isNone(answer) ? undefined : answer;
}

function proposedComposeFile(folder: string): string {
  return COMPOSE_FILES.map((name) => join(folder, name)).find((path) => existsSync(path)) ?? join(folder, 'docker-compose.yml');
}

function isNone(answer: string): boolean {
  return answer === '' || answer === SKIP;
}

function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/') || path !== normalize(path) || /\p{Cc}/u.test(path))
    return `"${path.slice(0, 200)}" is no absolute path, such as /srv/app`;
  return undefined;
}

function folderProblem(path: string): string | undefined {
  const wrong = pathProblem(path) ?? (path.length > 1 && path.endsWith('/') ? 'leave the slash at its end out' : undefined);
  if (wrong !== undefined) return wrong;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isDirectory()) return `${path} is no folder`;
  const writable = stat === undefined ? dirname(path) : path;
  try {
    accessSync(writable, constants.W_OK);
    return undefined;
  } catch {
    const who = process.geteuid?.() ?? 0;
    const command = stat === undefined ? `sudo install -d -o ${who} ${path}` : `sudo chown ${who} ${path}`;
    return `${writable} cannot be written by you; in another terminal: ${command}`;
  }
}

function serviceName(folder: string): string {
  return (
    basename(folder)
      .toLowerCase()
      .replaceAll(/[^a-z0-9_.-]+/gu, '-')
      .replace(/^[^a-z0-9]+/u, '') || 'app'
  );
}

/** Keys right below `services:`; enough to propose one. */
export function servicesIn(compose: string): readonly string[] {
  const lines = compose.split('\n');
  const start = lines.findIndex((line) => /^services:\s*(?:#.*)?$/u.test(line));
  if (start < 0) return [];
  const end = lines.findIndex((line, at) => at > start && /^\S/u.test(line) && !line.startsWith('#'));
  const block = lines.slice(start + 1, end < 0 ? undefined : end);
  const indent = block.map((line) => /^(\s+)[^\s#]/u.exec(line)?.[1]).find((found) => found !== undefined) ?? '  ';
  return block.flatMap((line) => {
    const name = line.startsWith(indent) ? /^["']?([A-Za-z0-9_.-]+)["']?:/u.exec(line.slice(indent.length))?.[1] : undefined;
    return name === undefined ? [] : [name];
  });
}

function placeholder(service: string): string {
  return `# Made by stormpulse init. The image cannot be pulled on purpose: name yours.\nservices:\n  ${service}:\n    image: placeholder:latest\n`;
}
