/** The agent's version, as `register` and `--version` tell it. */
export const VERSION = '0.1.0';
