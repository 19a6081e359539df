/** What a shell or a service manager can tell from the end of `stormpulse`. */
export const EXIT = { ok: 0, refused: 1, usage: 2, waits: 3 } as const;
