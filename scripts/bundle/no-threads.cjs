// Stands for thread-stream in the bundle: the agent logs without pino's transports.
module.exports = function noThreads() {
  throw new Error('this agent logs to standard error alone; pino transports are not part of it');
};
