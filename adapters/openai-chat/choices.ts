import { notUnderstood } from '../../gateway/decode/answer-json.ts'
import { HeldCalls } from './held-calls.ts'

/** A choice as far as the client has it. `calls` counts what it was given as calls, `nextIndex` is the index of its next one. */
export interface Choice { readonly held: HeldCalls, calls: number, chars: number, finish: string | null, nextIndex: number }

const MAX_CHOICES = 128 // `n` of the published API

/** The choices of one stream, by index. */
export class Choices {
  readonly #known = new Map<number, Choice>()

  get size (): number {
    return this.#known.size
  }

  /** Characters of text in all of them. */
  get chars (): number {
    let chars = 0
    for (const choice of this.#known.values()) chars += choice.chars
    return chars
  }

  /** Whether calls are held that are not whole yet. */
  get holding (): boolean {
    for (const { held } of this.#known.values()) if (held.size > 0) return true
    return false
  }

  /** The choice of this index, a new one when there was none. @throws GatewayError WEIR_ERR_UPSTREAM over the limit */
  at (index: number): Choice {
    const known = this.#known.get(index)
    if (known !== undefined) return known
    if (this.#known.size >= MAX_CHOICES) throw notUnderstood('it has too many choices')
    const choice: Choice = { held: new HeldCalls(), calls: 0, chars: 0, finish: null, nextIndex: 0 }
    this.#known.set(index, choice)
    return choice
  }

  /** In the order in which they began. */
  entries (): Array<[number, Choice]> {
    return [...this.#known]
  }
}
