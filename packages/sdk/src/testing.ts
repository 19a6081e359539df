export * from '@stormpulse/testing';
