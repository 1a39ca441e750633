import { makesHugeValue } from '../huge-values.ts'
import { PerlExpressions } from './expressions.ts'
import { checkEnds, checkGrowth } from './loops.ts'
import { PerlLists } from './texts.ts'
import { importedPerl } from './vocabulary.ts'
import { TooMuch } from '../too-much.ts'

const MAX_CHARACTERS = 2_000

/** Whether a Perl text only computes with the lines it is given, and prints. Every word of it is known; what is not is refused. */
export function isPlainPerl (text: string, modules: ReadonlyArray<readonly [string, readonly string[]]> = []): boolean {
  // What looks like documentation is passed over wherever it stands; code in patterns runs.
  if (text.length > MAX_CHARACTERS || /^=[A-Za-z]/m.test(text) || /\(\s*\?\s*[?p]?\s*\{|\(\*|[\0\r]/.test(text) || !/[A-Za-z]/.test(text) || makesHugeValue(text)) return false
  try {
    const lists = new PerlLists()
    new PerlProgram(text, lists, new Set(modules.flatMap(([module, names]) => importedPerl(module, names))), 0).read()
    lists.check()
    return true
  } catch (error) {
    if (error instanceof TooMuch) return false
    throw error
  }
}

class PerlProgram extends PerlExpressions {
  read (): void {
    this.#statements()
    // `}{` ends the loop that the option makes, and goes on behind it.
    while (this.scan.take(/\}\s*\{/y) !== null) this.#statements()
    if (!this.scan.done) throw new TooMuch()
  }

  #statements (): void {
    while (!this.scan.done && !this.scan.sees(/\}/y)) {
      if (this.scan.take(/;/y) !== null || this.#compound()) continue
      this.#statement()
      if (this.scan.take(/;/y) === null && !this.scan.done && !this.scan.sees(/\}/y)) throw new TooMuch()
    }
  }

  #compound (): boolean {
    const [word] = this.scan.take(/(?:BEGIN|END|if|unless|while|foreach|for|use)\b(?!\s*=>)|(?=\{)/y) ?? []
    if (word === undefined) return false
    if (word === 'use') this.#uses()
    else if (/^(?:|BEGIN|END)$/.test(word)) this.block()
    else if (word === 'while') this.#loop()
    else if (/^for/.test(word)) this.#each()
    else {
      this.#bracketed()
      this.block()
      while (this.scan.take(/elsif\b/y) !== null) {
        this.#bracketed()
        this.block()
      }
      if (this.scan.take(/else\b/y) !== null) this.block()
    }
    return true
  }

  #uses (): void {
    const [, module = '', names = ''] = this.scan.need(/([A-Za-z]\w*(?:::\w+)*)(?:\s+qw\(([\w\s]*)\))?\s*(?=;)/y)
    for (const name of importedPerl(module, names.split(/\s+/).filter(Boolean))) this.functions.add(name)
  }

  #each (): void {
    if (this.scan.sees(/\([^();]*;/y)) return this.#counted()
    this.scan.take(/(?:my\s+)?\$[a-z]\w*/y)
    const list = this.#slice(() => { this.#bracketed() })
    checkGrowth(list, this.#slice(() => { this.block() }))
  }

  // `for (my $i = 0; $i < 9; $i++)`: what it counts is what it compares.
  #counted (): void {
    this.scan.need(/\(/y)
    this.expression()
    const [asked, counts] = [/;/y, /;/y].map((sign) => {
      this.scan.need(sign)
      return this.#slice(() => { this.expression() })
    })
    this.scan.need(/\)/y)
    checkEnds(asked ?? '', counts ?? '')
    this.block()
  }

  /** What this reads, as it is written. */
  #slice (read: () => void): string {
    this.scan.skip()
    const { at } = this.scan
    read()
    return this.scan.text.slice(at, this.scan.at)
  }

  #loop (): void {
    const asked = this.#slice(() => { this.#bracketed() })
    checkEnds(asked, this.#slice(() => { this.block() }))
  }

  protected block (): void {
    this.deeper(() => {
      this.scan.need(/\{/y)
      this.#statements()
      this.scan.need(/\}/y)
    })
  }

  #bracketed (): void {
    this.deeper(() => {
      this.scan.need(/\(/y)
      if (!this.scan.sees(/\)/y)) this.expression()
      this.scan.need(/\)/y)
    })
  }

  #statement (): void {
    const body = this.#slice(() => { this.expression() })
    const [, word] = this.scan.take(/(if|unless|while|foreach|for)\b/y) ?? []
    if (word === undefined) return
    const asked = this.#slice(() => { this.expression() })
    if (word === 'while') checkEnds(asked, body)
    else if (/^for/.test(word)) checkGrowth(asked, body)
  }

  protected code (text: string): void {
    new PerlProgram(text, this.lists, this.functions, this.depth).read()
  }
}
