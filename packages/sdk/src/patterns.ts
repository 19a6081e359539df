export * from '@stormpulse/plugin-api/patterns';
