/** Walks over schema values that every output shares. */

/** Hooks, then capabilities: `{ kind, key, id, name, version, doc, request, response }`, in the order they are declared. */
export function interfaces(abi) {
  const describe =
    (kind) =>
    ([key, hook]) => {
      const { name, version } = abi.parseInterfaceId(hook.id);
      return { kind, key, ...hook, name, version: `${version.major}.${version.minor}.${version.patch}` };
    };
  return [
    ...Object.entries(abi.hooks).map(describe('hook')),
    ...Object.entries(abi.capabilities).map(describe('capability')),
  ];
}

/** The structs directly or indirectly inside a schema and the schema itself, inner ones first. */
export function structsOf(schema) {
  switch (schema.kind) {
    case 'list':
      return structsOf(schema.item);
    case 'map':
      return structsOf(schema.value);
    case 'struct':
      return [...schema.fields.flatMap((field) => structsOf(field.schema)), schema];
    default:
      return [];
  }
}

/** Every struct of the ABI once, by its name. */
export function allStructs(abi) {
  const messages = [abi.errorMessage, ...interfaces(abi).flatMap(({ request, response }) => [request, response])];
  const byName = new Map();
  for (const struct of messages.flatMap(structsOf)) {
    if (struct.name === undefined) {
      throw new Error(`A struct with the fields ${struct.fields.map(({ name }) => name)} has no name`);
    }
    if ((byName.get(struct.name) ?? struct) !== struct) {
      throw new Error(`Two structs are named ${struct.name}`);
    }
    byName.set(struct.name, struct);
  }
  return [...byName.values()];
}

export const camelToPascal = (name) => name[0].toUpperCase() + name.slice(1);
