import { Refused } from '../../errors.ts';

/** What a host's unit says besides the shipped one. */
export interface UnitFacts {
  readonly node: string;
  readonly main: string;
  readonly config: string;
  /** Folder of the agent's state. */
  readonly data: string;
  /** Folder of the deployment; commands may write there. */
  readonly project: string | undefined;
}

const EXEC = /^ExecStart=\S+ ((?:--\S+ )+)\S+ run \S+$/mu;
const DATA = /^ReadWritePaths=-\S+$/mu;

/** The shipped unit with the paths of this host. Throws `E_AGENT_REFUSED` for a path that no unit can hold. */
export function unitText(template: string, { node, main, config, data, project }: UnitFacts): string {
  const flags = EXEC.exec(template)?.[1];
  if (flags === undefined) throw new Error('the shipped unit has no ExecStart that this agent knows');
  const exec = `ExecStart=${word(node)} ${flags}${word(main)} run ${word(config)}`;
  const text = template.replace(EXEC, () => exec);
  if (!DATA.test(text)) return text;
  const paths = [`ReadWritePaths=-${path(data)}`, ...(project === undefined ? [] : projectLines(project))];
  const withPaths = text.replace(DATA, () => paths.join('\n'));
  // A folder of people is hidden from the agent; this one alone is shown to it.
  return project !== undefined && isHidden(project) ? withPaths.replace(/^ProtectHome=yes$/mu, 'ProtectHome=tmpfs') : withPaths;
}

function projectLines(project: string): readonly string[] {
  return isHidden(project) ? [`BindPaths=${path(project)}`] : [`ReadWritePaths=${path(project)}`];
}

/** By `ProtectHome=yes`. */
export function isHidden(file: string): boolean {
  return /^\/(?:home|root|run\/user)(?:\/|$)/u.test(file);
}

/** A word of a command line of systemd: `%` and `$` stand for themselves. */
function word(text: string): string {
  return quoted(text.replaceAll('%', '%%').replaceAll('$', '$$$$'));
}

function path(text: string): string {
  return quoted(text.replaceAll('%', '%%'));
}

function quoted(text: string): string {
  if (/\p{Cc}/u.test(text))
    throw Refused({
      what: `${JSON.stringify(text)} cannot stand in a unit of systemd; expected a path without control characters`,
    });
  return /^[A-Za-z0-9_@%+=:,./$-]+$/u.test(text) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
