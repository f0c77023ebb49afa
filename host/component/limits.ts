/** Bounds on what a component may make the decoder do. Every count is of items, every size in bytes. */
export interface ComponentLimits {
  /** The whole component file. Default 64 MiB. */
  readonly componentBytes: number;
  /** Components inside components, and type declarations inside type declarations. Default 16. */
  readonly nestingDepth: number;
  /** Core instances that the plan may hold, those of nested components included. Default 1000. */
  readonly coreInstances: number;
  /** Core modules, those of nested components included. Default 100. */
  readonly coreModules: number;
  /**
   * Everything read: sections, definitions, list elements, 64 bytes of a name; a nested component counts once for each
   * instantiation.
   * It bounds time and memory together, for a few nested components that instantiate one another ten times each would
   * otherwise be worth any number of definitions. Default 200,000; a QuickJS component needs about 3,000.
   */
  readonly items: number;
  /** One import, export or label name. Default 1024. */
  readonly nameBytes: number;
}

/** The defaults that {@link ComponentLimits} describes. */
export const DEFAULT_COMPONENT_LIMITS: ComponentLimits = Object.freeze({
  componentBytes: 64 * 1024 * 1024,
  nestingDepth: 16,
  coreInstances: 1000,
  coreModules: 100,
  items: 200_000,
  nameBytes: 1024,
});
