import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

const PAGE = Buffer.alloc(4096, 7);
/** A write-ahead log of SQLite's default size: its pages are written over again. */
const PAGES = 1000;

/** The disk's own rate: writes 4 KB and calls fsync, one after the other. Returns elapsed milliseconds. */
export function openSyncProbe(path) {
  const file = openSync(path, 'w');
  let page = 0;
  return {
    run(count) {
      const begun = performance.now();
      for (let done = 0; done < count; done += 1) {
        writeSync(file, PAGE, 0, PAGE.length, (page % PAGES) * PAGE.length);
        fsyncSync(file);
        page += 1;
      }
      return performance.now() - begun;
    },
    close: () => closeSync(file),
  };
}
