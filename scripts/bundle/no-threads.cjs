// Stands for pino's transports in the bundle: the agent logs without them.
module.exports = function noThreads() {
  throw new Error('this agent logs to standard error alone; pino transports are not part of it');
};
