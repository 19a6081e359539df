import { fileURLToPath } from 'node:url';

/** The plugins of these tests run elsewhere, from what the build made of them. */
export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
export const pluginFile = (name: string): string =>
  new URL(`test/dist/isolation/plugins/${name}.js`, `file://${REPOSITORY}`).href;
export const CHILD_ENTRY = new URL(`packages/services/dist/isolation/plugin-child.js`, `file://${REPOSITORY}`);
