import { randomBytes } from 'node:crypto'
import type { WishedCall } from './perform-call.ts'

const MAX_PLANS = 64 // of one session; the oldest goes first
const MAX_CHARS = 33_554_432 // of all of them: a plan may hold whole files

/** A plan: calls by their node, `1` and up. */
export interface KeptPlan { readonly id: string, readonly calls: ReadonlyMap<string, WishedCall> }

/** The plans of one session, so that parts of them can be applied, also by another connection. */
export interface PlanBook {
  keep (calls: readonly WishedCall[]): KeptPlan
  get (id: string): KeptPlan | null
}

export function createPlanBook (): PlanBook {
  const plans = new Map<string, { readonly plan: KeptPlan, readonly chars: number }>()
  let chars = 0
  return {
    keep (calls) {
      const plan = { id: `pln_${randomBytes(12).toString('hex')}`, calls: new Map(calls.map((call, at) => [String(at + 1), call])) }
      const size = JSON.stringify(calls).length
      plans.set(plan.id, { plan, chars: size })
      chars += size
      for (const [id, oldest] of plans) {
        if (plans.size <= MAX_PLANS && chars <= MAX_CHARS) break
        plans.delete(id)
        chars -= oldest.chars
      }
      return plan
    },
    get: (id) => plans.get(id)?.plan ?? null,
  }
}
