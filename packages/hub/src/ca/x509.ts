// The library's dependency injection refuses to load without the polyfill, so it comes first.
import 'reflect-metadata';

export * as x509 from '@peculiar/x509';
