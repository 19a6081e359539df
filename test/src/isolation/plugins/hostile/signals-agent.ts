import { attempt, hostile } from '../hostile-plugin.ts';

/** Signal 0 asks whether another would be taken. */
export default hostile('signals-agent', { run: ({ agentPid }) => attempt(() => process.kill(agentPid, 0)) });
