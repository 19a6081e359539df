// Stands for @neon-rs/load in the bundle: that asks for a report of the whole process to tell which C library it has, which costs every
// start 8 ms, and every host memory that stays.
const { familySync, MUSL } = require('detect-libc');

exports.load = () => null;
exports.currentTarget = () => {
  const { arch, platform } = process;
  if (platform !== 'linux') return `${platform}-${arch}`;
  return arch === 'arm' ? 'linux-arm-gnueabihf' : `linux-${arch}-${familySync() === MUSL ? 'musl' : 'gnu'}`;
};
