/** What containerd needs for Kubernetes: a handler of the CRI plugin, which a RuntimeClass names. */
import { join } from 'node:path';
import { MARK } from '../../shim/index.js';
import type { Plan, SetupFacts } from './plan.js';
import { programs, READABLE, RUNTIME_NAME } from './plan.js';
import { tomlText } from './podman.js';

export const MAIN_CONFIG = '/etc/containerd/config.toml';

/** @param main - text of containerd's config.toml; undefined if there is none. */
export function planContainerd(facts: SetupFacts, main: string | undefined): Plan {
  const [entry, hook] = programs(facts);
  const version = /^\s*version\s*=\s*3\b/m.test(main ?? '') ? 3 : 2;
  const plugin = version === 3 ? 'io.containerd.cri.v1.runtime' : 'io.containerd.grpc.v1.cri';
  const runtimes = `plugins."${plugin}".containerd.runtimes`;
  const hasRunc = main?.includes(`.containerd.runtimes.runc]`) === true;
  const handler = `[${runtimes}.${RUNTIME_NAME}]
  runtime_type = "io.containerd.runc.v2"
  pod_annotations = ["wasm-plugin/*"]
  container_annotations = ["wasm-plugin/*"]
  [${runtimes}.${RUNTIME_NAME}.options]
    BinaryName = ${tomlText(entry.path)}
`;
  const runc = `[${runtimes}.runc]
  runtime_type = "io.containerd.runc.v2"

`;
  const path = join(facts.config, `${RUNTIME_NAME}.toml`);
  const text = `${MARK}
version = ${version}

${hasRunc ? '' : runc}${handler}`;
  // containerd 1 takes a plugin's section from the imported file alone: sandbox_image and the like would be lost.
  const own = main?.includes(`plugins."${plugin}"`) === true;
  const importing = own
    ? `append the tables of ${path} to ${MAIN_CONFIG}: it has settings of the same plugin, which an import would replace`
    : `add to the top of ${MAIN_CONFIG}: imports = [${tomlText(join(facts.config, '*.toml'))}]`;
  return {
    files: [entry, hook, { path, text, mode: READABLE }],
    next: [
      importing,
      'restart containerd, and make a RuntimeClass whose handler is wasm-plugin',
      `ctr run --rm --runc-binary ${entry.path} IMAGE ID COMMAND`,
    ],
  };
}
