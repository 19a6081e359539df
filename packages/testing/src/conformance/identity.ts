import type { Plugin } from '@stormpulse/plugin-api';
import { definitionOrThrow } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';

/** C01: the name is well formed; the version equals that of `package.json`. */
export function checkIdentity(plugin: Plugin, { pkg }: ConformanceFixture): Problems {
  const { name, version, apiVersion } = definitionOrThrow(plugin);
  return [
    ...(/^[a-z][a-z0-9-]{1,31}$/u.test(name) ? [] : [`the name "${name}" is not 2 to 32 lower-case letters, digits and hyphens`]),
    ...(version === pkg.version ? [] : [`the plugin says version ${version}, its package.json ${pkg.version}`]),
    ...(/^\d+\.\d+$/u.test(apiVersion) ? [] : [`apiVersion "${apiVersion}" is not MAJOR.MINOR`]),
  ];
}
