import type { Permit } from '../../core/permit.ts'

/** One file of the web interface. */
export interface WebFile {
  readonly bytes: Buffer
  /** The same compressed; null where that gains nothing. */
  readonly gzip: Buffer | null
}

/** The files of the agent's web interface. */
export interface WebFiles {
  /** A file that is at hand. */
  held (path: string): WebFile | null
  /**
   * Fetches a file.
   *
   * @returns null when the interface has none of this name
   * @throws GatewayError WEIR_ERR_AGENT_START, WEIR_ERR_SANDBOX, WEIR_ERR_UPSTREAM
   */
  fetch (permit: Permit, path: string): Promise<WebFile | null>
  close (): Promise<void>
}
