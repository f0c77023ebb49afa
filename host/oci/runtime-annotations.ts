/** Some open files of the host, load programs or set properties of units, with the runtime's rights. */
const RUNTIME_SETTING = /^(?:run\.oci\.|module\.wasm\.|org\.systemd\.property\.|org\.criu\.)/;

/** Whether an annotation is a setting of crun or runc in disguise, of which the specification knows nothing. */
export function isRuntimeSetting(annotation: string): boolean {
  return RUNTIME_SETTING.test(annotation);
}
