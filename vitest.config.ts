import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['host/**/*.test.ts', 'test/**/*.test.ts', 'plugins/**/*.test.ts'],
    // Two workers: the slow tests start compilers and containers, and more of them at once only wait for each other.
    maxWorkers: 2,
    // For what hangs. On a machine with much else to do, what takes a second may take half a minute, and is no failure.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    teardownTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    globalSetup: ['test/support/setup-workers.ts'],
  },
});
