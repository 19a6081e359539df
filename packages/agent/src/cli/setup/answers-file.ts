import { TomlError, parse } from 'smol-toml';
import type { Answers } from '@stormpulse/wizard';
import { isTable } from '../../config/check-table.ts';
import { nearest } from '../../config/nearest.ts';
import { Refused } from '../../errors.ts';
import { readGuarded } from '../../host/guarded-file.ts';

const MAX_BYTES = 256 * 1024;
const KEYS = ['pulse_token', 'dashboard_url', 'project_dir', 'compose_file', 'docker_service_name', 'env_file'] as const;

/** What a file answers instead of a person. */
export interface GivenAnswers extends Partial<Readonly<Record<(typeof KEYS)[number], string>>> {
  /** By plugin: those that are to be set up, each with its answers. */
  readonly plugins: Readonly<Record<string, Answers>>;
}

/** It may hold the pulse token, so others may not read it. Throws `E_AGENT_REFUSED`, `E_FILE_MODE`, `E_CONFIG_UNREADABLE`. */
export function readAnswersFile(path: string): GivenAnswers {
  const text = readGuarded(path, { secrecy: 'secret', maxBytes: MAX_BYTES }).toString('utf8');
  const refuse = (what: string): never => {
    throw Refused({ what: `${path}: ${what}` });
  };
  const file = parsed(text, refuse);
  const { plugins = {}, ...rest } = file;
  if (!isTable(plugins)) return refuse('plugins is no table; expected [plugins.NAME] with the answers of that plugin');
  const known: readonly string[] = KEYS;
  for (const [key, value] of Object.entries(rest)) {
    const meant = nearest(key, known);
    if (!known.includes(key))
      refuse(
        `${key} is not asked${meant === undefined ? '' : `; did you mean "${meant}"?`}; expected ${known.join(', ')}, [plugins.NAME]`,
      );
    if (typeof value !== 'string') refuse(`${key} is no text; expected ${key} = "…"`);
  }
  const answers = Object.entries(plugins).map(([name, value]) => [
    name,
    isTable(value) ? value : refuse(`plugins.${name} is no table`),
  ]);
  return { ...(rest as Partial<GivenAnswers>), plugins: Object.fromEntries(answers) as Record<string, Answers> };
}

function parsed(text: string, refuse: (what: string) => never) {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return refuse(`line ${error.line} is no TOML; expected lines such as dashboard_url = "wss://hub.example/ws/pulse/"`);
  }
}
