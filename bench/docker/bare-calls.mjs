// The least that reads what a refresh of the docker plugin reads: the same requests, as many at once, parsed and nothing more.
import { Agent, request } from 'node:http';

const AT_ONCE = 16;

export function bareCalls(socketPath) {
  const agent = new Agent({ maxSockets: AT_ONCE });

  function ask(path, { method = 'GET', body } = {}) {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const sent = request({ socketPath, method, path, agent, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => (text += chunk));
        answer.once('end', () => resolve(text === '' ? null : JSON.parse(text)));
        answer.once('error', reject);
      });
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  return {
    ask,
    containers: () => ask('/v1.41/containers/json?all=1'),
    usage: (ids) => Promise.all(ids.map((id) => ask(`/v1.41/containers/${id}/stats?stream=false&one-shot=true`))),
  };
}
