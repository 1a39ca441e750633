import { request } from 'undici'
import type { OutcomeStatus } from '../core/ledger-entry.ts'
import { parseStrictJson } from '../decode/strict-json.ts'

const TIMEOUT_MS = 10_000 // a decision takes milliseconds; what a person waits for is not waited for here
const MAX_ANSWER_BYTES = 1_048_576
const MAX_FEEDBACK_CHARS = 4_000
const NO_GATEWAY = 'Weir could not ask its gateway, so this was refused. Nothing was done.'

/** What policy says of one request. Only `allowed: true` lets anything happen. */
export type Said =
  /** `entry` is the decision's, in the ledger. */
  | { readonly allowed: true, readonly entry: number | null }
  /** `approval` is set when it waits for a person, `own` when whoever asks may be that person. */
  | { readonly allowed: false, readonly text: string, readonly approval: string | null, readonly own: boolean }

/** What became of a request, as its editor tells it: sizes and codes, no content. */
export interface ReportedOutcome { readonly status: OutcomeStatus, readonly bytes?: number, readonly how?: 'exited', readonly code?: number }

export interface PolicyDoor {
  /** Never throws: what could not be decided is refused. `args` name paths as policy knows them. */
  decide (method: string, args: object, about?: { /** What becomes of it will be reported. */ readonly willReport: boolean }): Promise<Said>
  /** Has it recorded what became of an allowed request. Never throws: what cannot be told stays unknown. */
  report (entry: number, outcome: ReportedOutcome): Promise<void>
  /** Says yes, once, to a request that waits for its own user. @returns whether it was taken */
  approve (approval: string): Promise<boolean>
}

export interface PolicyDoorOptions { readonly url: string, readonly token: string, readonly cwd: string, readonly onUndecided?: (problem: string) => void }

/** Decisions of the gateway at `url`, in the name of the token's actor. */
export function createPolicyDoor ({ url, token, cwd, onUndecided }: PolicyDoorOptions): PolicyDoor {
  const post = async (path: string, body: object): Promise<{ readonly status: number, readonly value: unknown }> => {
    const answer = await request(`${url}/weir/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, value: parseStrictJson(text, { maxBytes: MAX_ANSWER_BYTES }) }
  }
  return {
    async decide (method, args, { willReport } = { willReport: false }) {
      try {
        const { status, value } = await post('/decisions', { protocol: 'acp', tool: method, args, cwd, willReport })
        return status === 200 ? said(value) : refused(messageOf(value) ?? NO_GATEWAY)
      } catch (cause) {
        onUndecided?.(cause instanceof Error ? cause.message : 'unknown')
        return refused(NO_GATEWAY)
      }
    },
    async report (entry, outcome) {
      try {
        const { status, value } = await post(`/decisions/${entry}/outcome`, outcome)
        if (status !== 200) onUndecided?.(messageOf(value) ?? `an outcome was answered with ${status}`)
      } catch (cause) {
        onUndecided?.(cause instanceof Error ? cause.message : 'unknown')
      }
    },
    async approve (approval) {
      try {
        return (await post(`/approvals/${encodeURIComponent(approval)}/approve`, {})).status === 200
      } catch (cause) {
        onUndecided?.(cause instanceof Error ? cause.message : 'unknown')
        return false
      }
    },
  }
}

function said (value: unknown): Said {
  const { decision, entry, approval, mayApprove } = value as { readonly entry?: unknown, readonly decision?: { readonly verdict?: unknown, readonly feedback?: unknown }, readonly approval?: unknown, readonly mayApprove?: unknown }
  if (decision?.verdict === 'allow') return { allowed: true, entry: Number.isSafeInteger(entry) ? Number(entry) : null }
  const feedback = typeof decision?.feedback === 'string' ? decision.feedback.slice(0, MAX_FEEDBACK_CHARS) : 'Policy refuses this.'
  if (typeof approval !== 'string') return refused(feedback)
  return { allowed: false, text: `${feedback} It waits as approval ${approval}.`, approval, own: mayApprove === true }
}

function refused (text: string): Said {
  return { allowed: false, text, approval: null, own: false }
}

function messageOf (value: unknown): string | null {
  const { error } = value as { readonly error?: { readonly message?: unknown } }
  return typeof error?.message === 'string' ? error.message.slice(0, MAX_FEEDBACK_CHARS) : null
}
