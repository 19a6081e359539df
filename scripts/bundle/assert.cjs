// Stands for node:assert in the bundle, where only its first form is used.
module.exports = function assert(holds, message) {
  if (!holds) throw new Error(message);
};
