import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

/** One parameter in the manifest. `default` and `pattern` are null when there is none. */
export const ManifestParam = Type.Object({
  default: Type.Union([Type.String(), Type.Null()]),
  pattern: Type.Union([Type.String(), Type.Null()]),
  description: Type.String(),
});

/** One command in the manifest an agent sends with `register` (wire page, section 8.9). `timeout` is in seconds. */
export const CommandManifestEntry = Type.Object({
  group: Type.String(),
  description: Type.String(),
  template: Type.Array(Type.String()),
  timeout: Type.Number(),
  requires_confirmation: Type.Boolean(),
  long_running: Type.Boolean(),
  params: Type.Record(Type.String(), ManifestParam),
});
export type CommandManifestEntry = Static<typeof CommandManifestEntry>;

/** Command name to entry; names in code-point order on the wire. */
export const CommandManifest = Type.Record(Type.String(), CommandManifestEntry);
export type CommandManifest = Static<typeof CommandManifest>;
