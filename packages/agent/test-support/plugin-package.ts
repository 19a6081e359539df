import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readTree, treeDigest } from '@stormpulse/services/plugin-packages';

export const API = pathToFileURL(join(import.meta.dirname, '../../plugin-api/dist/index.js')).href;

export interface PackageSpec {
  /** What the plugin calls itself. */
  readonly name?: string;
  readonly package?: string;
  readonly version?: string;
  /** JavaScript of what `capabilities` gives. */
  readonly capabilities?: string;
  /** JavaScript of the commands' list. */
  readonly commands?: string;
  /** JavaScript before everything else. */
  readonly top?: string;
  readonly configSchema?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, string>>;
}

export const UPTIME = `subprocess({ id: 'uptime', title: 'Uptime', effect: 'read', timeout: '5s', params: Type.Object({}),
  file: '/usr/bin/uptime', argv: () => [] })`;

/** Writes the package of a plugin as its author publishes it: the API is taken from this project's build. */
export function writePackage(folder: string, spec: PackageSpec = {}): string {
  const { name = 'weather', version = '1.0.0', top = '', configSchema = 'Type.Object({})' } = spec;
  const { capabilities = "{ exec: ['/usr/bin/uptime'], commands: 'read' }", commands = `[${UPTIME}]` } = spec;
  const put = (path: string, content: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  put(
    'package.json',
    JSON.stringify({
      name: spec.package ?? '@example/weather',
      version,
      type: 'module',
      exports: './index.js',
      ...(spec.dependencies === undefined ? {} : { dependencies: spec.dependencies }),
    }),
  );
  put(
    'index.js',
    `import { Type, definePlugin, handler, subprocess, wizard } from '${API}';
${top}
export default definePlugin({
  name: ${JSON.stringify(name)},
  version: ${JSON.stringify(version)},
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: ${configSchema},
  capabilities: () => (${capabilities}),
  setup(ctx) {
    ctx.commands.register(...${commands});
  },
});
`,
  );
  for (const [path, content] of Object.entries(spec.more ?? {})) put(path, content);
  return folder;
}

/** The digest of a folder as it is. */
export function digestOf(folder: string): string {
  return treeDigest(readTree(folder));
}
