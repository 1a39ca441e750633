import type { JsonRecord } from '../../gateway/decode/answer-json.ts'
import { onOneLine } from '../../gateway/decode/sse-json.ts'
import type { OrderedOutput } from '../ordered-output.ts'

/** What else an event of one choice says. `envelope` is what stands around the choices. Default: that of the last event that was read. */
export interface ChoiceEvent { readonly finish?: string | null, readonly usage?: JsonRecord | null, readonly envelope?: JsonRecord }

const DATA = Buffer.from('data: ')
const EVENT_END = Buffer.from('\n\n')
const DONE_EVENT = Buffer.from('data: [DONE]\n\n')

/** Writes the events of a chat completion's stream. */
export class ChatEvents {
  readonly #output: Pick<OrderedOutput, 'emit'>
  /** What stands around the choices of the event that was read last: ids, model, time. */
  envelope: JsonRecord = {}

  constructor (output: Pick<OrderedOutput, 'emit'>) {
    this.#output = output
  }

  emit (payload: unknown): void {
    this.emitLine(onOneLine(Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload))))
  }

  /** @param bytes a payload of one line */
  emitLine (bytes: Buffer): void {
    this.#output.emit(DATA)
    this.#output.emit(bytes)
    this.#output.emit(EVENT_END)
  }

  emitChoice (index: number, delta: JsonRecord, { finish = null, usage = null, envelope = this.envelope }: ChoiceEvent = {}): void {
    this.emit({ ...envelope, choices: [{ index, delta, finish_reason: finish }], ...(usage === null ? {} : { usage }) })
  }

  emitDone (): void {
    this.#output.emit(DONE_EVENT)
  }
}
