import { commands } from '@yowasp/clang';

/**
 * Ask LLVM's own tool what stands at an address.
 *
 * @param core - a module with DWARF.
 * @param address - from the beginning of the code section's contents.
 * @returns the function's name and `file:line`, each on a line of its own.
 */
export async function addr2line(core: Uint8Array, address: number): Promise<string> {
  const decoder = new TextDecoder();
  let output = '';
  await commands.addr2line(
    ['-e', 'core.wasm', '-f', `0x${address.toString(16)}`],
    { 'core.wasm': core },
    {
      stdout: (bytes) => {
        output += bytes === null ? '' : decoder.decode(bytes);
      },
      fetchProgress: () => {},
    },
  );
  return output;
}
