import { describe, expect, test } from 'vitest';
import type { OciConfig } from '../../oci/index.js';
import { admitForRuntime } from './admit.js';

const namespaces = (['mount', 'pid', 'uts', 'ipc'] as const).map((type) => ({ type }));
const config = (edit: Partial<OciConfig>): OciConfig => ({
  ociVersion: '1.0.2',
  process: { cwd: '/', args: ['true'] },
  linux: { namespaces },
  ...edit,
});
const admit = (edit: Partial<OciConfig>) => () =>
  admitForRuntime('crun', config(edit), { uid: 0, gid: 0 }, () => undefined);

describe('admitForRuntime() lets no path reach a terminal by way of the runtime', () => {
  const cases: readonly { name: string; edit: Partial<OciConfig> }[] = [
    { name: 'a working directory', edit: { process: { cwd: '/bin/sh/\u001b[31m', args: ['true'] } } },
    { name: 'one with a control of C1', edit: { process: { cwd: '/bin/sh/\u009b31m', args: ['true'] } } },
    { name: 'a mount point', edit: { mounts: [{ destination: '/a\u0007', type: 'tmpfs', source: 'tmpfs' }] } },
    { name: 'a source', edit: { mounts: [{ destination: '/a', type: 'bind', source: '/a\r' }] } },
  ];
  for (const { name, edit } of cases) {
    test(name, () => {
      expect(admit(edit)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('control characters') }),
      );
    });
  }

  test('others do', () => {
    const mounts = [{ destination: '/ä b', type: 'tmpfs', source: 'tmpfs' }];
    expect(admit({ process: { cwd: '/ü \\ "', args: ['true'] }, mounts })).not.toThrow();
  });
});
