import { folded, isRecord, listOf, notUnderstood, readAnswerJson, recordOf, refuseLookalikes, type JsonRecord } from '../../gateway/decode/answer-json.ts'
import { billedUsage } from '../billed-usage.ts'
import { invalidCall, refusalText, type GovernedAnswer, type RefusalStyle, type Rule, type Ruling } from '../model-format.ts'
import { fittingFinish } from './finish.ts'
import { readFunctionCall, readToolCalls, toolCallEntry, type ToolCallDelta } from './tool-call-delta.ts'

interface GovernedChoice { readonly raw: JsonRecord, readonly changed: boolean, readonly chars: number, readonly callChars: number, readonly released: number, readonly refused: number }

const ANSWER_NAMES = folded(['choices'])
const CHOICE_NAMES = folded(['message', 'delta'])
const MESSAGE_NAMES = folded(['tool_calls', 'function_call'])
const MAX_CALLS = 256

/**
 * Decides every tool call of a whole answer. An answer in which nothing had to change keeps its bytes.
 *
 * @throws GatewayError WEIR_ERR_UPSTREAM when the answer is no chat completion
 */
export async function governAnswer (bytes: Buffer, rule: Rule, style: RefusalStyle): Promise<GovernedAnswer> {
  const json = readAnswerJson(bytes)
  const raw = recordOf(json.value, 'it')
  refuseLookalikes(raw, ANSWER_NAMES)
  const choices = await Promise.all(listOf(raw['choices'], 'choices').map((choice) => governChoice(recordOf(choice, 'a choice'), rule, style)))
  const unchanged = json.exact && !choices.some(({ changed }) => changed)
  return {
    body: unchanged ? bytes : Buffer.from(JSON.stringify({ ...raw, ...(raw['choices'] === undefined ? {} : { choices: choices.map((choice) => choice.raw) }) })),
    usage: billedUsage(isRecord(raw['usage']) ? raw['usage'] : null, { tier: raw['service_tier'] ?? null }),
    chars: sum(choices.map(({ chars }) => chars)),
    callChars: sum(choices.map(({ callChars }) => callChars)),
    released: sum(choices.map(({ released }) => released)),
    refused: sum(choices.map(({ refused }) => refused)),
  }
}

async function governChoice (raw: JsonRecord, rule: Rule, style: RefusalStyle): Promise<GovernedChoice> {
  refuseLookalikes(raw, CHOICE_NAMES)
  if ((raw['delta'] ?? null) !== null) throw notUnderstood('a whole choice holds a delta')
  if ((raw['message'] ?? null) === null) return { raw, changed: false, chars: 0, callChars: 0, released: 0, refused: 0 }
  const message = recordOf(raw['message'], 'a message')
  refuseLookalikes(message, MESSAGE_NAMES)
  const calls = readToolCalls(message['tool_calls'])
  const legacy = readFunctionCall(message['function_call'])
  const chars = typeof message['content'] === 'string' ? message['content'].length : 0
  const all = legacy === null ? calls : [...calls, legacy]
  if (all.length > MAX_CALLS) throw notUnderstood(`it has more than ${MAX_CALLS} tool calls`)
  const rulings = await Promise.all(all.map((call, at) => rule({ id: idOf(call, at), native: call.name ?? '', argumentsText: call.argumentsText, problem: null })))
  const refused = rulings.filter(({ allowed }) => !allowed).length
  const counts = { chars, callChars: sum(all.map(({ argumentsText }) => argumentsText.length)), released: all.length - refused, refused }
  const finish = typeof raw['finish_reason'] === 'string' ? raw['finish_reason'] : null
  const isFitting = calls.length > 0 || legacy !== null || finish === null || fittingFinish(finish, 0) === finish
  const isChanged = rulings.some((ruling) => ruling.allowed && ruling.argumentsText !== undefined)
  if (refused === 0 && !isChanged && isFitting && calls.every(({ plain, id }) => plain && id !== null)) return { raw, changed: false, ...counts }
  return { raw: rebuilt(raw, message, { calls, legacy, rulings, style, finish }), changed: true, ...counts }
}

interface Ruled {
  readonly calls: readonly ToolCallDelta[]
  readonly legacy: ToolCallDelta | null
  readonly rulings: readonly Ruling[]
  readonly style: RefusalStyle
  readonly finish: string | null
}

function rebuilt (raw: JsonRecord, message: JsonRecord, { calls, legacy, rulings, style, finish }: Ruled): JsonRecord {
  const { tool_calls: _calls, function_call: functionCall, ...rest } = message
  const texts: string[] = []
  const entries = calls.flatMap((call, at) => {
    const ruling = rulings[at] ?? { allowed: false, feedback: 'It was not decided.' }
    const native = call.name ?? ''
    if (ruling.allowed) return [toolCallEntry({ id: idOf(call, at), name: native, argumentsText: ruling.argumentsText ?? call.argumentsText, extra: call.extra })]
    if (style === 'invalid-tool') return [toolCallEntry({ id: idOf(call, at), extra: call.extra, ...invalidCall(native, ruling.feedback) })]
    texts.push(refusalText(native, ruling.feedback))
    return []
  })
  const last = legacy === null ? undefined : rulings[calls.length]
  if (legacy !== null && last?.allowed === false) texts.push(refusalText(legacy.name ?? '', last.feedback))
  const keepsLegacy = last?.allowed === true
  const legacyCall = last?.allowed === true && last.argumentsText !== undefined ? { name: legacy?.name ?? '', arguments: last.argumentsText } : functionCall
  const content = texts.length === 0 ? rest['content'] : `${typeof rest['content'] === 'string' ? rest['content'] : ''}${texts.join('')}`
  return {
    ...raw,
    message: {
      ...rest,
      ...(content === undefined ? {} : { content }),
      ...(entries.length === 0 ? {} : { tool_calls: entries }),
      ...(keepsLegacy ? { function_call: legacyCall } : {}),
    },
    finish_reason: fittingFinish(finish, entries.length + (keepsLegacy ? 1 : 0)),
  }
}

function idOf (call: ToolCallDelta, at: number): string {
  return call.id ?? `call_${at}`
}

function sum (numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
