/** Additions to protocol v1 that both sides must name before they are used. */
export const FEATURES = [
  'results.ack',
  'plugin.state',
  'cert.renew',
  'events.id',
  'request.bind',
  'command.cancel',
  'command.output',
  'audit.head',
  'link.seq',
  'plugin.manifest',
] as const;
export type Feature = (typeof FEATURES)[number];

/** What both sides named, `theirs` as it came. Unknown names, and what is no list of names, are ignored. */
export function commonFeatures(ours: Iterable<string>, theirs: unknown): ReadonlySet<Feature> {
  const offered = new Set(ours);
  const named = new Set<unknown>(Array.isArray(theirs) ? theirs : []);
  return new Set(FEATURES.filter((feature) => offered.has(feature) && named.has(feature)));
}
