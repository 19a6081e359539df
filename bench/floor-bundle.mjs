import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const BANNER = "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);";

/** Bundles a floor script as the agent is bundled: one minified module, with the same `ws`. */
export async function bundleFloor(name, outfile) {
  await build({
    entryPoints: [fileURLToPath(new URL(`floor/${name}.mjs`, import.meta.url))],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: BANNER },
    logLevel: 'error',
  });
}
