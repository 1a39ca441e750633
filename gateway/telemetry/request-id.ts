import { randomFillSync } from 'node:crypto'

/** The answer's header with the id of its request. */
export const REQUEST_ID_HEADER = 'x-weir-request-id'

const ID_BYTES = 15 // 120 bits, which fill 20 characters: not to be guessed, so an id shown to one caller tells nothing of another's
const POOL_BYTES = ID_BYTES * 256

/** Makes ids of requests: `req_` and 20 characters. Random bytes are drawn for 256 at a time; one by one they cost most of an id's time. */
export function createRequestIds (): () => string {
  const pool = Buffer.alloc(POOL_BYTES)
  let next = POOL_BYTES
  return () => {
    if (next === POOL_BYTES) {
      randomFillSync(pool)
      next = 0
    }
    const id = `req_${pool.toString('base64url', next, next + ID_BYTES)}`
    next += ID_BYTES
    return id
  }
}
