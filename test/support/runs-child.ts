/**
 * A program that makes or sweeps folders of runs, for tests that put it into a mount namespace of its own.
 *
 * argv: `sweep BASE`, which prints the paths that were removed as JSON; or `die BASE FOLDER PLACE`, which makes a run, mounts the folder
 * at a place in it, and is killed; or `late BASE`, which makes a run and is killed before a process that makes its folder anew.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cleanupStale, createRunDirectory } from '../../host/engine/common/index.js';

const [verb, base = '', folder = '', place = ''] = process.argv.slice(2);
if (verb === 'sweep') {
  process.stdout.write(JSON.stringify(cleanupStale(base)));
} else if (verb === 'late') {
  const state = join(createRunDirectory(base, 'late').path, 'state');
  const script = 'sleep 0.5; mkdir -p "$1"';
  spawn('/bin/sh', ['-c', script, 'runtime', state], { detached: true, stdio: 'ignore' }).once('spawn', () =>
    process.kill(process.pid, 'SIGKILL'),
  );
} else {
  const target = join(createRunDirectory(base, 'dies').path, place);
  mkdirSync(target);
  execFileSync('mount', ['--bind', folder, target]);
  process.kill(process.pid, 'SIGKILL');
}
