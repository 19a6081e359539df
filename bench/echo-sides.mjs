import { join } from 'node:path';
import { signIn } from './hub-person.mjs';
import { startMeshCentral } from './meshcentral.mjs';
import { startEnrolledAgent, startHub } from './real-hub.mjs';

const API_AGENT = 'bench-api';

/**
 * A side answers `echo(text, withinMs)` with `{ text, elapsed, inOrder }`: what came back (undefined when nothing did), after how many
 * milliseconds, and whether the output it told meanwhile came in order.
 */
export function sideOfAgent(stage, agentId) {
  return {
    name: agentId,
    async echo(text, withinMs) {
      const { result, elapsed, output } = await stage.order(agentId, 'echo', { text }, withinMs);
      return { text: result?.stdout, elapsed, inOrder: result === undefined || output.inOrder(result) };
    },
  };
}

/**
 * The two whose whole way is measured, from a client of the server's API to its agent and back: the real hub with an agent that
 * tells live output, and MeshCentral with its own.
 */
export async function openApiSides(stage) {
  const mesh = await startMeshCentral(stage.processes);
  const hub = await startHub(stage.processes, join(stage.folder, 'hub'));
  const person = await signIn(hub.setupLink);
  const up = person.whenUp(API_AGENT);
  await startEnrolledAgent(stage.processes, hub, join(stage.folder, API_AGENT), API_AGENT);
  await up;
  const ours = {
    name: 'hub',
    async echo(text, withinMs) {
      const { result, elapsed, inOrder } = await person.order(API_AGENT, 'echo', { text }, withinMs);
      return { text: result?.stdout, elapsed, inOrder };
    },
  };
  const theirs = {
    name: 'MeshCentral',
    async echo(text, withinMs) {
      const { result, elapsed } = await mesh.echo(text, withinMs);
      return { text: result, elapsed, inOrder: true };
    },
  };
  return {
    ours,
    theirs,
    close() {
      person.close();
      mesh.close();
    },
  };
}
