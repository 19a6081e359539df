import { statSync } from 'node:fs';

/**
 * Whether somebody other than the agent's user decides what this agent may do: the host's file is not the agent's own. In that
 * case a program that the agent can change is not what its operator allowed (SEC-100, design D1); in user mode the two are one
 * person. The agent's own id does not tell: in system mode it runs as a service user, never as root (SEC-165).
 */
export function isSystemMode(configPath: string, agentUid: number): boolean {
  return statSync(configPath).uid !== agentUid;
}
