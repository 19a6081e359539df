// Stands for ws's compression in the bundle: no connection of the agent offers it, and ws asks for the name alone.
module.exports = class NoCompression {
  static extensionName = 'permessage-deflate';

  constructor() {
    throw new Error('this agent compresses no frames; perMessageDeflate is not part of it');
  }
};
