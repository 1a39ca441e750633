/** The sandbox drivers that a configuration may name. */
export const SANDBOX_DRIVERS = ['bubblewrap', 'podman'] as const
export type SandboxDriverName = typeof SANDBOX_DRIVERS[number]

/** Which driver, and the OCI runtime it uses; null for podman's own choice. */
export interface DriverChoice { readonly sandbox: SandboxDriverName, readonly runtime: string | null }
