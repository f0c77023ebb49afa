import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['host/**/*.test.ts', 'test/**/*.test.ts', 'plugins/**/*.test.ts'],
    // Two workers: the slow tests start compilers and containers, and more of them at once only wait for each other.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ['test/support/setup-workers.ts'],
  },
});
