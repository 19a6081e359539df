/** One setting as `git config --list` tells it: section and name in lower case, what is between them as written. */
export interface Setting {
  readonly scope: string;
  readonly key: string;
  readonly value: string;
}

/** Settings whose value is a program, or a line for a shell, that a pull, a fetch, a checkout or a status would run. */
const PROGRAMS =
  /^(?:filter\..+\.(?:clean|smudge|process)|merge\..+\.driver|diff\.(?:external|.+\.(?:command|textconv))|gpg\.(?:.+\.)?program|gpg\.ssh\.defaultkeycommand|remote\..+\.(?:uploadpack|receivepack|vcs)|core\.(?:gitproxy|alternaterefscommand)|gc\.recentobjectshook)$/u;
const CREDENTIAL_HELPER = /^credential\.(?:.+\.)?helper$/u;
/** git's own helpers with plain options; anything else is a program, or can hide one. */
const OWN_HELPER = /^(?:|(?:store|cache)(?: [\w./~=-]+)*)$/u;
const SUBMODULE_UPDATE = /^submodule\..+\.update$/u;
/** Where whoever may write into the project may write, too. */
const OF_REPOSITORY: ReadonlySet<string> = new Set(['local', 'worktree']);

/** The keys of a repository's own settings that would run a program of its choice, in their order, each once. */
export function programSettings(settings: readonly Setting[]): readonly string[] {
  const named = settings.filter(({ scope, key, value }) => OF_REPOSITORY.has(scope) && namesProgram(key, value));
  return [...new Set(named.map(({ key }) => key))];
}

function namesProgram(key: string, value: string): boolean {
  if (CREDENTIAL_HELPER.test(key)) return !OWN_HELPER.test(value);
  if (SUBMODULE_UPDATE.test(key)) return value.startsWith('!');
  return PROGRAMS.test(key);
}

/** Reads `git config --list --show-scope -z`: scope, NUL, key, line end, value, NUL; a key alone means true. */
export function readSettings(text: string): readonly Setting[] {
  const fields = text.split('\0');
  const settings: Setting[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [key = '', ...value] = (fields[at + 1] ?? '').split('\n');
    settings.push({ scope: fields[at] ?? '', key, value: value.join('\n') });
  }
  return settings;
}
