import { defineError } from '@stormpulse/plugin-api';

/** A package's tree or archive holds what none may hold (SEC-201, SEC-202). `where` is a path inside it, or its own. */
export const PluginTree = defineError<{ where: string; problem: string; expected: string }>(
  'E_PLUGIN_TREE',
  'failed_precondition',
  'plugin',
  (d) => `${JSON.stringify(d.where.slice(0, 240))} ${d.problem}; expected ${d.expected}`,
);

export const PluginIntegrity = defineError<{ folder: string; integrity: string; found: string }>(
  'E_PLUGIN_INTEGRITY',
  'failed_precondition',
  'operator',
  (d) =>
    `${d.folder} is not the tree that was granted: its digest is ${d.found}, the file says ${d.integrity}; nothing of it was run. Find out who changed it, then install it again: stormpulse plugins add`,
);

export const PluginPackage = defineError<{ problem: string; expected: string }>(
  'E_PLUGIN_PACKAGE',
  'failed_precondition',
  'plugin',
  (d) => `package.json ${d.problem}; expected ${d.expected}`,
);
