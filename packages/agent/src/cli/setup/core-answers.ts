import { Refused } from '../../errors.ts';
import type { Enrolled } from './enrolled.ts';
import { socketUrlOf } from './enrolled.ts';
import { askProject, givenProject } from './project.ts';
import type { Project } from './project.ts';
import type { SetupDeps } from './setup-deps.ts';

/** What the core of the file needs and nobody can know. */
export interface CoreAnswers {
  readonly pulseToken: string;
  readonly hubUrl: string;
  readonly project: Project | undefined;
}

type Present = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu;

/** Asks, or takes what the file answers. Rejects with `E_AGENT_REFUSED`, `GaveUp`. */
export async function askCore(
  enrolled: Enrolled,
  present: Present,
  { answers, asker }: Pick<SetupDeps, 'answers' | 'asker'>,
): Promise<CoreAnswers> {
  const knownToken = enrolled.pulseToken ?? validToken(present['agent']?.['pulse_token']);
  const knownUrl = text(present['dashboard']?.['url']) ?? socketUrlOf(enrolled.endpoint);
  const before = {
    ...optional('project_dir', present),
    ...optional('compose_file', present),
    ...optional('docker_service_name', present),
    ...optional('env_file', present),
  };
  const tokenProblem = (value: string): string | undefined =>
    value === '' && knownToken !== undefined ? undefined : pulseTokenProblem(value, knownToken);
  if (answers !== undefined) {
    const pulseToken = answers.pulse_token ?? knownToken ?? '';
    const hubUrl = answers.dashboard_url ?? knownUrl ?? '';
    must('pulse_token', tokenProblem(pulseToken));
    must('dashboard_url', urlProblem(hubUrl));
    return { pulseToken, hubUrl, project: givenProject(answers, before) };
  }
  const kept = knownToken === undefined ? '' : ' (empty: the one that is there)';
  const typed = await asker.secret({ message: `The pulse token of this host${kept}`, problemWith: tokenProblem });
  const hubUrl = await asker.text({
    message: 'The address of the hub for agents',
    ...(knownUrl === undefined ? {} : { initial: knownUrl }),
    problemWith: urlProblem,
  });
  if (hubUrl.startsWith('ws:')) asker.say('ws:// is not encrypted: only for a hub on this machine.');
  return { pulseToken: typed === '' ? (knownToken ?? '') : typed, hubUrl, project: await askProject(asker, before) };
}

function must(key: string, problem: string | undefined): void {
  if (problem !== undefined) throw Refused({ what: `${key}: ${problem}` });
}

/** A hub of v1 gives a UUID; ours has a form of its own, which comes with the credentials. */
function pulseTokenProblem(value: string, known: string | undefined): string | undefined {
  return UUID.test(value) || value === known
    ? undefined
    : 'expected the token that the hub shows for this host, such as 11111111-2222-4333-8444-555555555555';
}

function urlProblem(value: string): string | undefined {
  const isOne = /^wss?:\/\/[^\s/]/u.test(value) && URL.canParse(value);
  return isOne ? undefined : 'expected an address that begins with wss://, such as wss://hub.example/ws/pulse/';
}

function validToken(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function optional<K extends string>(key: K, present: Present): { readonly [P in K]?: string } {
  const value = text(present['project']?.[key]);
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
}
