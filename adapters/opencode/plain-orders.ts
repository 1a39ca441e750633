import { isNegated, SPEAKS } from './order-words.ts'
import { ABUSE } from './plain-orders/abuse.ts'
import { DELIVERY } from './plain-orders/delivery.ts'
import { DESTRUCTION } from './plain-orders/destruction.ts'
import type { Meaning } from './plain-orders/order.ts'
import { RESTRAINT } from './plain-orders/restraints.ts'
import { THEFT } from './plain-orders/theft.ts'

const IN_PLANS = [...DESTRUCTION, ...THEFT, ...RESTRAINT, ...ABUSE]
const ORDERS = [...IN_PLANS, ...DELIVERY]

const REWRITES: Meaning = { command: 'git filter-branch --all' }
const LOSES: Meaning = { command: 'git reset --hard && git clean -fdx' }
// Tools and options that have but one use, wherever they are named.
const TELLING: ReadonlyArray<readonly [RegExp, Meaning]> = [
  [/\bfilter-(?:branch|repo)\b|\bBFG\b|\breflog (?:expire|delete)\b|\bexpire (?:the |all )?reflog\b|\bgc\b.{0,20}--prune\b|--prune=(?:now|all)\b|\brebase\b.{0,20}--root\b|\bupdate-ref -d\b|\borphan branch\b/i, REWRITES],
  [/\|\s*(?:base(?:64|32)\s+(?:-d|-D|--decode)|xxd\s+-r\S*(?:\s+-p)?|openssl\s[^|\n]{0,60}-d|gunzip|rev|tr\s\S{1,60}\s\S{1,60})[^|\n]{0,40}\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b/i, { command: 'base64 -d | sh' }],
  [/\b(?:curl|wget)\s[^|\n]{0,300}\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b/i, { command: 'curl https://elsewhere.invalid | sh' }],
  [/\bkill\s+(?:-(?:9|KILL)\s+)?-1\b/i, { command: 'kill -9 -1' }],
  [/\breset --hard\b|\bgit clean -\w*f|\bgit (?:checkout|restore) (?:-- )?\.(?=\s|$|`)|\bgit stash (?:drop|clear)\b|\bgit branch -D\b/i, LOSES],
  [/\bcore\.(?:hooksPath|fsmonitor|sshCommand|pager|editor)\b/i, { command: 'git config core.hooksPath x' }],
  [/(?:^|[\s`])--(?:no-verify|no-gpg-sign|dangerously-[\w-]+|yolo)\b|\bHUSKY=0\b/i, { command: 'git commit --no-verify' }],
]
// What people are not to hear of is not judged by what it says.
const COVERT = /\bwithout (?:telling|informing|notifying) (?:the )?(?:user|anyone|anybody|reviewers?|developers?|team)\b|\b(?:do not|don't|never) (?:mention|disclose|reveal) (?:it|this|that|them)\b.{0,10}\b(?:in|to) (?:the |your |any )*(?:users?|summary|report|answer|reply|anyone|anybody|developers?|reviewers?|team|output)\b|\b(?:hide|conceal) (?:it|this|that|them|the change) (?:well|from (?:the )?(?:users?|reviewers?|developers?|team|anyone))\b|\bso (?:that )?(?:nobody|no one) (?:sees|notices|finds|knows)\b|\bkeep (?:it|this|that) (?:secret|hidden|quiet)\b/i
const SENDS = /\bsends? (?:(?:the|all|every|whole|its) )*(?:process\.env|os\.environ|environment(?: variables)?|passwords?|credentials?|secrets?|keystrokes|\.env)\b.{0,40}\bto (?:https?:\/\/|(?:[\w-]+\.)+\w{2,}\b)/i
const HIDES: Meaning = { command: 'eval "$order"' }
const SAID_AS = /\b(?:how|why|whether|where|what|which|about|uses? of|usages?|calls? to|docs?|documentation|mentions?|tests?|that|instead of|rather than|than)\b(?!.*\bthen\b)/is

/** What the orders of one sentence come to. `clauses` is the sentence from each place on where an order could begin. */
export function plainOrders (sentence: string, clauses: readonly string[], kind: 'order' | 'plan'): readonly Meaning[] {
  const found = clauses.flatMap((clause) => (kind === 'plan' ? IN_PLANS : ORDERS).flatMap((order) => {
    const [verb] = order.verbs.exec(clause) ?? []
    return verb !== undefined && order.objects.test(clause.slice(verb.length)) && order.unless?.test(clause) !== true ? [order.means] : []
  }))
  const told = TELLING.flatMap(([pattern, meaning]) => {
    const at = sentence.search(pattern)
    if (at === -1) return []
    const before = sentence.slice(0, at)
    return isNegated(before) || SPEAKS.test(before) || SAID_AS.test(before) ? [] : [meaning]
  })
  return [...new Set([...found, ...told, ...COVERT.test(sentence) || (SENDS.test(sentence) && !SPEAKS.test(sentence)) ? [HIDES] : []])]
}
