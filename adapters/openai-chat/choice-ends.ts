import type { JsonRecord } from '../../gateway/decode/answer-json.ts'
import type { ChatEvents } from './chat-events.ts'
import type { RefusalStyle } from '../model-format.ts'
import type { Choice } from './choices.ts'
import { fittingFinish, knownFinish, promisesCalls } from './finish.ts'

const EMPTY_ANSWER = 'The model gave an empty answer.'

/** Ends choices by what became of them, so that no client asks again at once and without end. */
export class ChoiceEnds {
  readonly #events: ChatEvents
  readonly #style: RefusalStyle
  #empty = false
  #promised = false
  #unknownEnd = false

  constructor (events: ChatEvents, style: RefusalStyle) {
    this.#events = events
    this.#style = style
  }

  /** Whether a choice had neither a word nor a call, and the client was told so. */
  get empty (): boolean {
    return this.#empty
  }

  /** Whether a choice's finish promised calls, and there were none. */
  get promised (): boolean {
    return this.#promised
  }

  /** Whether a choice finished for a reason that was kept from the client. */
  get unknownEnd (): boolean {
    return this.#unknownEnd
  }

  /**
   * Sends the end of a choice, unless the client has it.
   *
   * @param finish what the provider says
   * @param refused the calls of the stream that were refused: one without calls that are left promised none for nothing
   */
  finish (index: number, choice: Choice, { finish, refused, usage = null }: { readonly finish: string | null, readonly refused: number, readonly usage?: JsonRecord | null }): void {
    const fitting = fittingFinish(knownFinish(finish, this.#style), choice.calls)
    if (choice.finish === fitting) return
    // An answer without a word and without a call makes OpenCode ask again at once, some twenty times a second.
    if (choice.calls === 0 && choice.chars === 0 && fitting !== finish) this.#sayNothing(index)
    // Calls that were all refused as text were there.
    this.#promised ||= promisesCalls(finish) && choice.calls === 0 && refused === 0
    this.#unknownEnd ||= choice.calls === 0 && knownFinish(finish, this.#style) !== finish
    choice.finish = fitting
    this.#events.emitChoice(index, {}, { finish: fitting, usage })
  }

  #sayNothing (index: number): void {
    this.#empty = true
    this.#events.emitChoice(index, { role: 'assistant', content: EMPTY_ANSWER })
  }
}
