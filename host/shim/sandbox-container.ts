/** Annotations that say what a container is for, by who writes them: containerd, and CRI-O like podman. */
const KINDS = ['io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType'];

/**
 * Whether a config is that of a pod's sandbox: the container that only holds the pod's namespaces.
 *
 * Plugins leave it alone. It has no user's process, and an image with nothing but one program, into which nothing can be bound.
 */
export function isSandbox(annotations: Readonly<Record<string, unknown>> | undefined): boolean {
  return KINDS.some((key) => annotations !== undefined && annotations[key] === 'sandbox');
}
