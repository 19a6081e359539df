export * from '@stormpulse/plugin-api';
