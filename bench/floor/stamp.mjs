// Writes the moment it writes at: nanoseconds of CLOCK_MONOTONIC, which all processes of a host share.
process.stdout.write(`${process.hrtime.bigint()}\n`);
