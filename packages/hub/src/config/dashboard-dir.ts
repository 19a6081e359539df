import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The built dashboard that was installed beside the hub, if there is one. */
export function installedDashboard(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('@stormpulse/dashboard/package.json');
    return join(dirname(manifest), 'dist');
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('MODULE_NOT_FOUND')) return undefined;
    throw error;
  }
}
