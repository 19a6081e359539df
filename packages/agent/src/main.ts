#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=69632 MALLOC_TRIM_THRESHOLD_=4096 MALLOC_TOP_PAD_=4096 node --disable-proto=throw --v8-pool-size=0 --max-semi-space-size=1 --no-sparkplug
// SEC-002: on Node a SIGUSR1 opens the inspector; from here on it does nothing.
process.on('SIGUSR1', () => undefined);

const { main } = await import('./cli/entry.ts');
await main(process.argv.slice(2));
