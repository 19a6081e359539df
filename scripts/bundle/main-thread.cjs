// Stands for node:worker_threads where pino asks in which thread it is: the agent logs in the one it begins with.
exports.isMainThread = true;
