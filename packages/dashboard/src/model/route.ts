/** What the address asks for: the set-up exchange, or the live page with perhaps one agent chosen. */
export type Route = { readonly page: 'setup'; readonly code: string } | { readonly page: 'live'; readonly agent: string | null };

/** Reads `/setup#CODE` and `/?agent=ID`. */
export function parseRoute(location: { readonly pathname: string; readonly search: string; readonly hash: string }): Route {
  if (location.pathname.replace(/\/+$/, '') === '/setup') return { page: 'setup', code: location.hash.replace(/^#/, '') };
  return { page: 'live', agent: new URLSearchParams(location.search).get('agent') };
}

/** The address of the live page with this agent chosen. */
export function agentAddress(agent: string): string {
  return `/?${new URLSearchParams({ agent }).toString()}`;
}
