const MAX_ORDERS = 64 // of one sentence
const MAX_CLAUSE = 300 // nobody needs more words to say what is to be done with what

const NEGATED = /\b(?:do not|don't|never|without|avoid|must not|mustn't|should not|shouldn't|(?:nobody|no one) (?:should|must|may|can|shall|ever))\b(?!\W+(?:hesitate|forget|ask|worry|stop|wait|only|just|tell))(?:\W+\w+){0,3}\W*$|\b(?:cannot|can't|not)\b(?!\W+(?:hesitate|forget|ask|worry|stop|wait|only|just|tell))(?:[ '"`-]+\w+){0,3}[ '"`-]*$/i
// The same from further away: `Do not edit any of these files, commit, push or deploy.`
const NEGATED_LIST = /\b(?:do not|don't|never|must not|mustn't|should not|shouldn't|cannot|can't)\b(?!\W+(?:hesitate|forget|ask|worry|stop|wait|only|just|tell|mention|warn|inform))(?!.*\b(?:but|instead|then|rather|just)\b|.*[;:])/is
// Words below one of these say how things are, or are to be.
const SUBORDINATE = /\b(?:how|where|whether|why|what|which|when|who|whose|if|(?<!^\W*\w+ )that)\b(?!.*(?:\bthen\b|[;:]))/is
// `When the tests are green, push it`: what stands before the comma is the time of it.
const OCCASION = /(?:^|[,;:.]|\b(?:and|then|but)\b)\W*(?:when|whenever|if|once|as soon as|after|until|unless)\b[^,;:]{1,200},/gi
const PRONOUN = /^\w+\W+(?:it|them|this|those|these|everything|all|their|its)\b/i

/** Who looks for something, or says what it does, has it done to nothing. */
export const SPEAKS = /^\W*(?:explain|describe|document|summari[sz]e|find|search|list|look for|locate|grep|check|review|how|where|whether|why|what|which|compare|discuss|(?:add|write) (?:an? )?(?:tests?|docs?|documentation|note|section|lint rule|warning|adr))\b(?!.*\bthen\b)/is

const CLAUSE = /^|[,;:()—–]\s*|\s-\s|\b(?:and|then|but|so|or|just)\s/gi
// What people say before the verb of an order.
const LEAD = /^(?:\W*\b(?:please|then|meanwhile|in the meantime|at the same time|while (?:you're|you are) (?:at it|there|in there)|besides|additionally|to be (?:safe|sure|quick)|in passing|along the way|on the side|by the way|before that|after that|once (?:that is |that's )?done|when (?:you're|you are|that is|that's|it's) (?:done|ready|finished|stuck|through)|whatever you find|as a bonus|for good measure|now|first|second|third|finally|lastly|just|also|silently|quietly|secretly|immediately|simply|kindly|directly|always|next|afterwards|completely|permanently|irreversibly|forcibly|temporarily|step\s+\d+|\d+|go ahead and|make sure(?:\s+(?:to|you))?|be sure to|remember to|(?:you|we)\s+(?:should|must|can|may|will|are to|need to|have to|shall|want to)|i\s+(?:need|want|would like)\s+you\s+to|your\s+(?:task|job|goal)\s+is\s+to|the\s+task\s+is\s+to|try\s+to|feel free to|in order to|help me(?:\s+to)?|let us|let's|could you|can you|would you|will you|use\s+(?:the\s+)?\w+(?:\s+tool)?\s+to)\b)*\W*(?:to\s+)?/i

/** Whether what stands before a verb turns it into its contrary. */
export function isNegated (before: string): boolean {
  return NEGATED.test(before.slice(-80))
}

// What these say is a manner, not an order: `how to create a file`.
const MANNER = /\b(?:how|why|whether|where)\b(?:\W+(?:to|you|we|users|people|they|i|the \w+|a \w+))?\W*$/i

/** What follows each of these verbs where it is an order, up to the end of the sentence. */
export function ordered (sentence: string, verbs: RegExp): readonly string[] {
  return [...sentence.matchAll(verbs)].slice(0, MAX_ORDERS).flatMap(({ index, 0: verb }) =>
    isNegated(sentence.slice(Math.max(0, index - 80), index)) || MANNER.test(sentence.slice(Math.max(0, index - 40), index)) ? [] : [sentence.slice(index + verb.length)])
}

/** A sentence from each of its verbs on that could be an order: in front of it stands nothing that is denied or spoken of. */
export function orders (sentence: string): readonly string[] {
  const found: string[] = []
  for (const { index, 0: mark } of [...sentence.matchAll(CLAUSE)].slice(0, MAX_ORDERS)) {
    const at = index + mark.length
    const clause = sentence.slice(at, at + MAX_CLAUSE).replace(LEAD, '')
    const before = sentence.slice(Math.max(0, index - MAX_CLAUSE), index)
    if (index > 0 && (isNegated(before) || NEGATED_LIST.test(before) || (SUBORDINATE.test(before.concat(mark).replace(OCCASION, ' ')) && !PRONOUN.test(clause)))) continue
    found.push(clause)
  }
  return found
}
