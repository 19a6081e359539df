import { HttpOrigin } from './errors.ts';

/** Where a client's requests go, all of them. */
export type Origin = { readonly text: string } & (
  | { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number }
  | { readonly scheme: 'unix'; readonly socketPath: string }
);

/** What Linux takes as the name of a socket. */
const MAX_SOCKET_PATH = 107;

/**
 * Reads an origin: scheme, host and port, or a socket's path. `text` is its one spelling (`http://LOCALHOST:80/` is
 * `http://localhost`), so that two are the same when their texts are. Throws `E_HTTP_ORIGIN`.
 */
export function parseOrigin(written: string): Origin {
  const refuse = (problem: string): never => {
    throw HttpOrigin({ origin: withoutUserInfo(written).slice(0, 200), problem });
  };
  if (written.startsWith('unix:')) {
    const socketPath = written.slice('unix:'.length);
    if (!socketPath.startsWith('/') || /\p{Cc}|\/\/|\/\.{1,2}(?:\/|$)|\/$/u.test(socketPath))
      refuse('the path of a socket is absolute, without "." and ".." segments');
    if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH) refuse(`the path of a socket has at most ${MAX_SOCKET_PATH} bytes`);
    return { text: written, scheme: 'unix', socketPath };
  }
  const url = URL.canParse(written) ? new URL(written) : refuse('it cannot be read');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') refuse(`its scheme is "${url.protocol.slice(0, 20)}"`);
  if (url.username !== '' || url.password !== '') refuse('a user name or password does not belong there');
  if (url.pathname !== '/' || /[?#]/u.test(written)) refuse('it has a path, a query or a fragment');
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? { http: 80, https: 443 }[scheme] : Number(url.port);
  return { text: url.origin, scheme, host: url.hostname.replace(/^\[(.*)\]$/u, '$1'), port };
}

/** A password in the address must not come back in the refusal of it. */
function withoutUserInfo(written: string): string {
  return written.replace(/\/\/[^/]*@/u, '//…@');
}
