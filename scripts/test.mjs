/**
 * `npm test`: build, run every test, and end with one line of true counts.
 *
 * The build comes first because the end-to-end tests start the built command and pack the package.
 * Extra arguments go to vitest: `npm test -- host/sif`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const resultsFile = `${root}build/test-results.json`;

function node(args) {
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
}

mkdirSync(`${root}build`, { recursive: true });
rmSync(resultsFile, { force: true });

const built = node(['scripts/build.mjs']);
if (built !== 0) {
  process.exit(built);
}
const status = node([
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${resultsFile}`,
  ...process.argv.slice(2),
]);

const results = readResults();
const skipped = results.numPendingTests + results.numTodoTests;
// A file that fails to load has no tests to count, yet it is a failure.
const brokenFiles = results.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
);
const failed = results.numFailedTests + brokenFiles.length;
const passed = results.numPassedTests;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(status === 0 && failed === 0 && passed > 0 ? 0 : 1);

function readResults() {
  try {
    return JSON.parse(readFileSync(resultsFile, 'utf8'));
  } catch (cause) {
    console.error(`Cannot read the test results: ${cause.message}`);
    process.exit(status === 0 ? 1 : status);
  }
}
