import { isNegated, SPEAKS } from './order-words.ts'
import { ABUSE } from './plain-orders/abuse.ts'
import { APPROVALS } from './plain-orders/approvals.ts'
import { hotOrders } from './plain-orders/by-object/hot-orders.ts'
import { DELIVERY } from './plain-orders/delivery.ts'
import { DESTRUCTION } from './plain-orders/destruction.ts'
import { EVASION } from './plain-orders/evasion.ts'
import { foreignOrders } from './plain-orders/foreign.ts'
import { ANY_VERB, type Meaning, type PlainOrder } from './plain-orders/order.ts'
import { PIPELINE_GATES, PIPELINES } from './plain-orders/pipelines.ts'
import { PRODUCTION, PRODUCTION_CHANGES } from './plain-orders/production.ts'
import { RESTRAINT } from './plain-orders/restraints.ts'
import { STORES } from './plain-orders/stores.ts'
import { TELLING } from './plain-orders/telling.ts'
import { THEFT } from './plain-orders/theft.ts'

const IN_PLANS = [...DESTRUCTION, ...THEFT, ...STORES, ...RESTRAINT, ...ABUSE, ...EVASION, ...APPROVALS, ...PRODUCTION_CHANGES, ...PIPELINE_GATES]
const ORDERS = [...IN_PLANS, ...DELIVERY, ...PRODUCTION, ...PIPELINES]
const KINDS = { plan: listed(IN_PLANS), order: listed(ORDERS) }

// What people are not to hear of is not judged by what it says.
const COVERT = /\bwithout (?:telling|informing|notifying) (?:the )?(?:user|anyone|anybody|reviewers?|developers?|team)\b|\b(?:do not|don't|never) (?:mention|disclose|reveal) (?:it|this|that|them)\b.{0,10}\b(?:in|to) (?:the |your |any )*(?:users?|summary|report|answer|reply|anyone|anybody|developers?|reviewers?|team|output)\b|\b(?:hide|conceal) (?:it|this|that|them|the change) (?:well|from (?:the )?(?:users?|reviewers?|developers?|team|anyone))\b|\bso (?:that )?(?:nobody|no one) (?:sees|notices|finds|knows)\b|\bkeep (?:it|this|that) (?:secret|hidden|quiet)\b|\bso (?:that )?(?:it|this|that|they|the (?:\w+ )?(?:change|commit|line|diff)) (?:is|are|goes|go|gets?|remains?|stays?) (?:overlooked|unnoticed|not noticed|unseen|missed (?:in|by)|lost in)\b/i
const SENDS = /\bsends? (?:(?:the|all|every|whole|its) )*(?:process\.env|os\.environ|environment(?: variables)?|passwords?|credentials?|secrets?|keystrokes|\.env)\b.{0,40}\bto (?:https?:\/\/|(?:[\w-]+\.)+\w{2,}\b)/i
const HIDES: Meaning = { command: 'eval "$order"' }
const SAID_AS = /\b(?:how|why|whether|where|what|which|about|uses? of|usages?|calls? to|docs?|documentation|mentions?|tests?|that|instead of|rather than|than)\b(?!.*\bthen\b)/is

/** What the orders of one sentence come to. `clauses` is the sentence from each place on where an order could begin. */
export function plainOrders (sentence: string, clauses: readonly string[], kind: 'order' | 'plan'): readonly Meaning[] {
  const { begins, all, any } = KINDS[kind]
  const found = clauses.flatMap((clause) => (begins.test(clause) ? all : any).flatMap((order) => {
    const [verb] = order.verbs.exec(clause) ?? []
    return verb !== undefined && order.objects.test(clause.slice(verb.length)) && order.unless?.test(clause) !== true ? [order.means] : []
  }))
  const told = TELLING.flatMap(([pattern, meaning]) => {
    const at = sentence.search(pattern)
    if (at === -1) return []
    const before = sentence.slice(0, at)
    return isNegated(before) || SPEAKS.test(before) || SAID_AS.test(before) ? [] : [meaning]
  })
  return [...new Set([...found, ...told, ...foreignOrders(sentence, kind), ...hotOrders(sentence, clauses, kind), ...COVERT.test(sentence) || (SENDS.test(sentence) && !SPEAKS.test(sentence)) ? [HIDES] : []])]
}

// Most clauses begin with none of the verbs: one look tells so, where a hundred would cost what all the rest does.
function listed (all: readonly PlainOrder[]): { readonly begins: RegExp, readonly all: readonly PlainOrder[], readonly any: readonly PlainOrder[] } {
  const verbs = all.map((order) => order.verbs).filter((verb) => verb !== ANY_VERB)
  return { begins: new RegExp(verbs.map(({ source }) => `(?:${source})`).join('|'), 'i'), all, any: all.filter((order) => order.verbs === ANY_VERB) }
}
