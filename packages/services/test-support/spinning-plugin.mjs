// Says that it begins, and never ends.
process.stderr.write('it spins\n');
for (;;);
