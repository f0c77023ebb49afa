/** From a SIF container image to the place of its root file system in the file. */
import { quote } from '../../errors/index.js';
import type { SifDescriptor, SifLimits } from '../../sif/index.js';
import {
  ARCHITECTURES,
  DATA_TYPE,
  FS_TYPE,
  HEADER_SIZE,
  PARTITION_TYPE,
  readPartitionExtra,
  readSifDescriptors,
  readSifHeader,
} from '../../sif/index.js';
import { unsupported } from './fail.js';
import { readPart } from './read-part.js';

/** Images may be as large as files can be: nothing but the table is read here. */
const LIMITS: SifLimits = {
  maxDescriptors: 4096,
  maxObjectBytes: Number.MAX_SAFE_INTEGER,
  maxFileBytes: Number.MAX_SAFE_INTEGER,
};

/** SIF's names of what Node calls the machine. */
const MACHINES: ReadonlyMap<string, readonly string[]> = new Map([
  ['x64', ['amd64', '386']],
  ['ia32', ['386']],
  ['arm64', ['arm64']],
  ['arm', ['arm']],
  ['ppc64', ['ppc64le', 'ppc64']],
  ['mips', ['mips']],
  ['mipsel', ['mipsle']],
  ['s390x', ['s390x']],
  ['riscv64', ['riscv64']],
  ['loong64', ['loong64']],
]);

export interface Partition {
  readonly offset: number;
  readonly size: number;
}

/**
 * Find the primary system partition.
 *
 * @param fileSize - bytes of the whole file.
 * @param machine - as `process.arch` has it.
 * @throws PluginError `SIF_MALFORMED`, `LIMIT_EXCEEDED`; `IMAGE_UNSUPPORTED` if there is no such partition or more than one, it is
 *   encrypted, or it is for another machine.
 */
export function findRootPartition(
  fd: number,
  fileSize: number,
  image: string,
  machine: string = process.arch,
): Partition {
  const header = readSifHeader(readPart(fd, 0, HEADER_SIZE), fileSize, LIMITS);
  const table = readPart(fd, header.tableOffset, header.tableSize);
  if (table.length < header.tableSize) throw unsupported(image, 'its table of objects is cut short');
  const [primary, second] = readSifDescriptors(table, header, LIMITS).filter(isPrimary);
  if (primary === undefined) {
    throw unsupported(
      image,
      'it is a SIF file without a primary system partition',
      'A container image has one; a plugin is installed with: wasm-plugin install',
    );
  }
  if (second !== undefined) throw unsupported(image, 'it has more than one primary system partition');
  const { fsType, arch } = readPartitionExtra(primary.extra);
  if (fsType === FS_TYPE.encryptedSquashfs || fsType === FS_TYPE.gocryptfsSquashfs) {
    throw unsupported(
      image,
      'its root file system is encrypted, which is not supported',
      'Build the image without encryption.',
    );
  }
  if (fsType !== FS_TYPE.squashfs && fsType !== FS_TYPE.ext3) {
    throw unsupported(image, `its root file system is of type ${fsType}, only squashfs (1) and ext3 (2) are known`);
  }
  checkMachine(arch, image, machine);
  return { offset: primary.offset, size: primary.size };
}

function isPrimary({ type, extra }: SifDescriptor): boolean {
  return type === DATA_TYPE.partition && readPartitionExtra(extra).partitionType === PARTITION_TYPE.primarySystem;
}

// `00` is what writers use that do not know; the command will tell.
function checkMachine(arch: string, image: string, machine: string): void {
  const name = ARCHITECTURES.get(arch);
  if (name === 'unknown') return;
  const own = MACHINES.get(machine);
  if (own === undefined || (name !== undefined && own.includes(name))) return;
  throw unsupported(
    image,
    `it is for ${name ?? `the architecture ${quote(arch)}`}, this machine is ${own[0]}`,
    `Get or build the image for ${own[0]}.`,
  );
}
