import type { Row } from './store.ts'

/** What the process starts with. An empty folder is filled from the image, when there is one. */
export interface PgliteOpening { readonly dir: string, readonly image: string | null }

/** What the process is told once it is open. `params` null runs a script of several statements. */
export interface PgliteRequest { readonly id: number, readonly sql: string, readonly params: readonly unknown[] | null }

/** What the process answers; first of all one with id 0 when the database is open. */
export interface PgliteAnswer {
  readonly id: number
  readonly rows: readonly Row[]
  readonly error: string | null
  /** Another process has the folder: nothing is wrong with it. */
  readonly isTaken?: true
}

export const OPENED = 0
