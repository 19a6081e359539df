import { Duration, Type } from '@stormpulse/sdk';
import type { Infer } from '@stormpulse/sdk';

const absolute = (description: string) => Type.String({ pattern: '^/[^\\0]{1,4095}$', description });

const ExecCommand = Type.Object(
  {
    container: Type.String({
      pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$',
      description: 'The container it runs in, by name or id.',
    }),
    command: Type.Array(Type.String({ pattern: '^[^\\0]{0,4096}$' }), {
      minItems: 1,
      maxItems: 64,
      description: 'Program and arguments, inside the container. No shell reads them.',
    }),
    user: Type.Optional(
      Type.String({ pattern: '^[a-zA-Z0-9_][a-zA-Z0-9_.:-]{0,63}$', description: 'User it runs as. Default: the image says.' }),
    ),
    workdir: Type.Optional(absolute('Folder it runs in. Default: the image says.')),
    timeout: Duration({ default: '60s', description: 'How long its output is waited for.' }),
    effect: Type.Union([Type.Literal('read'), Type.Literal('write'), Type.Literal('destructive')], {
      default: 'write',
      description: 'What it can do.',
    }),
    description: Type.String({ default: '', maxLength: 200, description: 'What people see beside the name.' }),
  },
  { default: {} },
); // this `default` is what makes TypeBox fill in those of the entries

const ComposeProject = Type.Object({
  compose_file: absolute('The compose file.'),
  env_file: Type.Optional(absolute('A file of variables for it.')),
});

/** `[docker]`: its presence is the grant of everything but `docker_logs` and v1's `containers` (they come with `[project]`). */
const DockerTable = Type.Object({
  host: Type.Optional(
    Type.String({
      pattern: '^(?:unix:(?://)?/[^\\0]{1,100}|tcp://[A-Za-z0-9.:\\[\\]-]{1,255})$',
      description:
        'Where the engine answers. Default: `DOCKER_HOST` of the agent if it is a socket, else `unix:///var/run/docker.sock`.',
    }),
  ),
  allow_tcp: Type.Boolean({
    default: false,
    description: 'Take a `tcp://` host: whoever reaches that port is root on the engine’s machine.',
  }),
  cli_config: Type.Optional(
    absolute(
      'Folder of the docker program’s own config, for compose: `config.json` with registry logins, `cli-plugins`. What it names is run. Default: `DOCKER_CONFIG` of the agent, else `docker-cli` in the agent’s state folder.',
    ),
  ),
  usage_every: Duration({ default: '5m', description: 'How often CPU and memory of running containers are read.' }),
  disk_every: Duration({ default: '1h', description: 'How often the engine is asked for its disk use, which costs it seconds.' }),
  projects: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,31}$' }), ComposeProject, {
    default: {},
    description: 'Compose projects that the hub may bring up, take down, pull and list, each `[docker.projects.<name>]`.',
  }),
  exec: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,31}$' }), ExecCommand, {
    default: {},
    description: 'Commands that may run inside containers, each `[docker.exec.<name>]`. Nothing else can be run there.',
  }),
});

/** v1's `[project]`, as far as this plugin reads it. */
const ProjectTable = Type.Object({
  project_dir: Type.String({ description: 'Not read by this plugin.' }),
  compose_file: Type.String({ description: 'The compose file of this host’s project.' }),
  docker_service_name: Type.String({ description: 'The service whose logs `docker_logs` shows unless told otherwise.' }),
  env_file: Type.Optional(Type.String({ description: 'A file of variables for it.' })),
});

export const configSchema = Type.Object({
  docker: Type.Optional(DockerTable),
  project: Type.Optional(ProjectTable),
  collect_containers: Type.Boolean({
    default: true,
    description: '`[metrics] collect_containers`: whether pushes name the project’s running containers.',
  }),
  disabled_commands: Type.Array(Type.String(), { default: [], description: '`[agent] disabled_commands`.' }),
});

export type DockerConfig = Infer<typeof configSchema>;
export type DockerSection = NonNullable<DockerConfig['docker']>;
export type ProjectSection = NonNullable<DockerConfig['project']>;
