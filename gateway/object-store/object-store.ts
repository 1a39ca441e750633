/** Objects by name, put as a whole. Every method throws Error in words, without addresses and credentials. */
export interface ObjectStore {
  /** Puts an object, or replaces it. */
  put (name: string, body: Buffer, type: string): Promise<void>
  /** The bytes of an object; null when there is none. One that is longer is an error. */
  get (name: string, maxBytes: number): Promise<Buffer | null>
  /** Whether an object is known to be exactly this. False also where the store does not say so without sending it. */
  holds (name: string, body: Buffer): Promise<boolean>
  close (): Promise<void>
}

/** A store's refusal in words that may be shown. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/** What `get` throws for an object that is longer than asked for. */
export function tooLong (name: string, maxBytes: number): StoreError {
  return new StoreError(`${name} is longer than ${maxBytes} bytes`)
}
