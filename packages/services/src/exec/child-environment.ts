/** SEC-120 and D1: all a child inherits; everything else of the agent's environment stays with the agent. */
const INHERITED = ['TZ', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'SSH_AUTH_SOCK', 'USER', 'LOGNAME'] as const;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Never passed, whatever the operator lists. */
const NEVER = /^(?:NODE_|LD_|GIT_)|_PROXY$/iu;

/** The environment of every child, built from nothing. `passEnv` is `[execution] pass_env`. */
export function childEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  passEnv: readonly string[] = [],
): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: own['PATH'] ?? DEFAULT_PATH,
    HOME: own['HOME'] ?? '/',
    LANG: 'C.UTF-8',
  };
  for (const name of [...INHERITED, ...passEnv]) {
    const value = own[name];
    if (value !== undefined && !NEVER.test(name)) environment[name] = value;
  }
  const dockerHost = own['DOCKER_HOST'];
  if (dockerHost?.startsWith('unix:') === true) environment['DOCKER_HOST'] = dockerHost;
  return environment;
}
