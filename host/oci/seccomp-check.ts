/** The table for `linux.seccomp`. Names are those of libseccomp, as runtime-spec 1.2 lists them. */
import { type Check, listOf, oneOf, shape, text } from './check.js';
import type { OciSeccomp, OciSyscall, OciSyscallArgument } from './linux-config.js';
import { uint32, uint64 } from './values.js';

const action = oneOf(
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
  'SCMP_ACT_NOTIFY',
);

const architecture = oneOf(
  'SCMP_ARCH_X86',
  'SCMP_ARCH_X86_64',
  'SCMP_ARCH_X32',
  'SCMP_ARCH_ARM',
  'SCMP_ARCH_AARCH64',
  'SCMP_ARCH_LOONGARCH64',
  'SCMP_ARCH_M68K',
  'SCMP_ARCH_MIPS',
  'SCMP_ARCH_MIPS64',
  'SCMP_ARCH_MIPS64N32',
  'SCMP_ARCH_MIPSEL',
  'SCMP_ARCH_MIPSEL64',
  'SCMP_ARCH_MIPSEL64N32',
  'SCMP_ARCH_PPC',
  'SCMP_ARCH_PPC64',
  'SCMP_ARCH_PPC64LE',
  'SCMP_ARCH_S390',
  'SCMP_ARCH_S390X',
  'SCMP_ARCH_PARISC',
  'SCMP_ARCH_PARISC64',
  'SCMP_ARCH_RISCV64',
  'SCMP_ARCH_SH',
  'SCMP_ARCH_SHEB',
);

const flag = oneOf(
  'SECCOMP_FILTER_FLAG_TSYNC',
  'SECCOMP_FILTER_FLAG_LOG',
  'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
);

const argument = shape<OciSyscallArgument>(
  {
    index: uint32,
    value: uint64,
    valueTwo: uint64,
    op: oneOf(
      'SCMP_CMP_NE',
      'SCMP_CMP_LT',
      'SCMP_CMP_LE',
      'SCMP_CMP_EQ',
      'SCMP_CMP_GE',
      'SCMP_CMP_GT',
      'SCMP_CMP_MASKED_EQ',
    ),
  },
  ['index', 'value', 'op'],
);

const syscall = shape<OciSyscall>({ names: listOf(text, 1), action, errnoRet: uint32, args: listOf(argument) }, [
  'names',
  'action',
]);

export const seccomp: Check<OciSeccomp> = shape<OciSeccomp>(
  {
    defaultAction: action,
    defaultErrnoRet: uint32,
    architectures: listOf(architecture),
    flags: listOf(flag),
    listenerPath: text,
    listenerMetadata: text,
    syscalls: listOf(syscall),
  },
  ['defaultAction'],
);
