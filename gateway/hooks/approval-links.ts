import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'

const KEY_BYTES = 32
const LONGEST_MS = 86_400_000 // links stay in chats; who answers later than a day goes by the list
const PURPOSE = 'weir-approval-link'

export const LINK_PATH = '/weir/approve'
export const LINK_ANSWERS = ['approve', 'deny'] as const
export type LinkAnswer = typeof LINK_ANSWERS[number]

/** What a link says. `until` is Unix ms, `signature` base64url. */
export interface LinkQuery { readonly approval: string, readonly answer: LinkAnswer, readonly until: number, readonly signature: string }

/**
 * Links to the page where one approval is answered. They name the approval and the answer and nobody: who opens one has to log in, and
 * policy decides about that person. So a link that is passed on, logged or previewed gives nothing away that its finder may not see.
 */
export interface ApprovalLinks {
  of (approval: string, expiresAtMs: number): { readonly approve: string, readonly deny: string }
  /** Whether this gateway made the link, and it is not over. */
  check (query: LinkQuery): 'good' | 'over' | 'forged'
}

export interface ApprovalLinksOptions {
  /** A private folder; the key is made there at the first use. */
  readonly folder: string
  /** Address at which people reach the gateway. */
  readonly baseUrl: () => string
  readonly nowMs: () => number
}

/** @throws GatewayError WEIR_ERR_STORE when the key cannot be read or made */
export function openApprovalLinks ({ folder, baseUrl, nowMs }: ApprovalLinksOptions): ApprovalLinks {
  const key = keyIn(folder)
  const signatureOf = (approval: string, answer: LinkAnswer, until: number): Buffer => createHmac('sha256', key).update(JSON.stringify([PURPOSE, approval, answer, until])).digest()
  function link (approval: string, answer: LinkAnswer, until: number): string {
    const query = new URLSearchParams({ approval, answer, until: String(until), signature: signatureOf(approval, answer, until).toString('base64url') })
    return `${baseUrl()}${LINK_PATH}?${query.toString()}`
  }
  return {
    of (approval, expiresAtMs) {
      const until = Math.min(expiresAtMs, nowMs() + LONGEST_MS)
      return { approve: link(approval, 'approve', until), deny: link(approval, 'deny', until) }
    },
    check ({ approval, answer, until, signature }) {
      const given = Buffer.from(signature, 'base64url')
      const wanted = signatureOf(approval, answer, until)
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return 'forged'
      return nowMs() < until ? 'good' : 'over'
    },
  }
}

// A key of its own: receivers know the secrets of hooks, and must not make links.
function keyIn (folder: string): Buffer {
  const path = join(folder, 'link.key')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const known = readOrNull(path)
    if (known === null) return make(path)
    if (known.length !== KEY_BYTES) throw new Error('not a key')
    return known
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_STORE', `${path} cannot be read or written. Without it links to approvals cannot be signed; when it is removed, a new one is made and older links end.`, { cause })
  }
}

function readOrNull (path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function make (path: string): Buffer {
  const key = randomBytes(KEY_BYTES)
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    if (writeSync(descriptor, key) !== KEY_BYTES) throw new Error('short write')
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  return key
}
