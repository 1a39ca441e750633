/** The sandbox drivers that a configuration may name. `none` makes no walls, and takes more than a configuration to start. */
export const SANDBOX_DRIVERS = ['bubblewrap', 'podman', 'none'] as const
export type SandboxDriverName = typeof SANDBOX_DRIVERS[number]

/** Which driver, and the OCI runtime it uses; null for podman's own choice. */
export interface DriverChoice { readonly sandbox: SandboxDriverName, readonly runtime: string | null }
