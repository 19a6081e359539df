import type { Clock, EventLog } from '@stormpulse/kernel';
