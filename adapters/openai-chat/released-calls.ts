import { randomBytes } from 'node:crypto'
import type { JsonRecord } from '../../gateway/decode/answer-json.ts'
import { invalidCall, refusalText, type AnswerStreamPorts, type Ruling } from '../model-format.ts'
import type { OrderedOutput } from '../ordered-output.ts'
import type { ChatEvents } from './chat-events.ts'
import type { Choice, Choices } from './choices.ts'
import type { HeldCall } from './held-calls.ts'
import { toolCallEntry } from './tool-call-delta.ts'

/** A call that is put to the rule, and what stood around it when it came: its place in the stream, whenever it is decided. */
interface WholeCall extends HeldCall { readonly id: string, readonly envelope: JsonRecord }

export interface ReleasedCallsPorts {
  readonly ports: Pick<AnswerStreamPorts, 'rule' | 'refusalStyle'>
  readonly output: OrderedOutput
  readonly events: ChatEvents
  readonly choices: Choices
}

/** Has whole calls decided, and passes them on or what stands for them. */
export class ReleasedCalls {
  readonly #ports: ReleasedCallsPorts['ports']
  readonly #output: OrderedOutput
  readonly #events: ChatEvents
  readonly #choices: Choices
  #released = 0
  #refused = 0

  constructor ({ ports, output, events, choices }: ReleasedCallsPorts) {
    this.#ports = ports
    this.#output = output
    this.#events = events
    this.#choices = choices
  }

  get released (): number {
    return this.#released
  }

  get refused (): number {
    return this.#refused
  }

  /** Decided side by side, so that parallel calls cost one wait for the disk; released in the model's order. */
  release (index: number, calls: readonly HeldCall[]): void {
    const { envelope } = this.#events
    for (const held of calls) {
      const call: WholeCall = { ...held, ...endedArguments(held), id: held.id ?? `call_${randomBytes(12).toString('hex')}`, envelope }
      const ruling = this.#ports.rule({
        id: call.id, native: call.name, argumentsText: call.argumentsText, problem: call.conflict ? 'its pieces name different tools' : null,
      })
      this.#output.after(ruling, call.bytes, (ruled) => this.#emitRuled(index, call, ruled))
    }
  }

  #emitRuled (index: number, call: WholeCall, ruling: Ruling): void {
    const choice = this.#choices.at(index)
    if (ruling.allowed) return this.#emitAllowed({ index, choice }, call, ruling.argumentsText)
    this.#refused += 1
    const { envelope, beside } = call
    if (this.#ports.refusalStyle === 'text') {
      const content = refusalText(call.name, ruling.feedback)
      choice.chars += content.length
      return this.#events.emitChoice(index, { ...beside, content }, { envelope })
    }
    choice.calls += 1
    this.#emitEntry({ index, outIndex: choice.nextIndex++, call }, toolCallEntry({ id: call.id, extra: call.extra, ...invalidCall(call.name, ruling.feedback) }))
  }

  /** @param changed the arguments that it is released with, when they are not its own */
  #emitAllowed ({ index, choice }: { readonly index: number, readonly choice: Choice }, call: WholeCall, changed: string | undefined): void {
    this.#released += 1
    choice.calls += 1
    const { envelope, beside, events } = call
    const argumentsText = changed ?? call.argumentsText
    if (call.legacy) return this.#events.emitChoice(index, { ...beside, function_call: { name: call.name, arguments: argumentsText } }, { envelope })
    const outIndex = choice.nextIndex++
    if (events === null || call.index !== outIndex || changed !== undefined) return this.#emitEntry({ index, outIndex, call }, toolCallEntry({ ...call, argumentsText }))
    for (const event of events) this.#events.emit(event)
  }

  #emitEntry ({ index, outIndex, call: { beside, envelope } }: { readonly index: number, readonly outIndex: number, readonly call: WholeCall }, entry: JsonRecord): void {
    this.#events.emitChoice(index, { ...beside, tool_calls: [{ index: outIndex, ...entry }] }, { envelope })
  }
}

// A client that finds no arguments waits for more and takes those of the next call with this index, which can come from
// another choice: clients read only the first choice of a chunk, whatever its index.
function endedArguments ({ argumentsText }: HeldCall): Pick<HeldCall, 'argumentsText'> {
  return { argumentsText: argumentsText.trim() === '' ? '{}' : argumentsText }
}
