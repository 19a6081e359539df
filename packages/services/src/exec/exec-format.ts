import { closeSync, constants, openSync, readSync } from 'node:fs';

const ELF = Buffer.from('\u007fELF', 'latin1');
const SCRIPT = Buffer.from('#!');

/**
 * False for a file the kernel would refuse with ENOEXEC. libc then hands such a file to /bin/sh, which SEC-101 forbids and
 * which would run a script that the operator never marked as one. A file that cannot be read is left to the kernel.
 */
export function hasExecFormat(file: string): boolean {
  const head = Buffer.alloc(ELF.length);
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return true;
    throw error;
  }
  try {
    const size = readSync(fd, head);
    return head.subarray(0, size).equals(ELF) || head.subarray(0, SCRIPT.length).equals(SCRIPT);
  } catch (error) {
    // A folder opens and does not read; spawning it says what it is.
    if (error instanceof Error && 'code' in error) return true;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** What is told of a file for which {@link hasExecFormat} is false. */
export function noExecFormat(file: string): string {
  return `${file} could not be started: it is neither a program nor a script; a script begins with a line such as #!/bin/sh`;
}
