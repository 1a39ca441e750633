import { checkPerlPattern, checkPerlString, isOwnScalar, type PerlLists } from './texts.ts'
import { PerlScanner } from './scanner.ts'
import { ENDS, FOLLOWS, NUMBER, OPERATOR, PERL_ALONE, PERL_BLOCKS, PERL_FUNCTIONS, WORD } from './vocabulary.ts'
import { TooMuch, refuse } from '../too-much.ts'

const MAX_NESTING = 24
const MAX_REPEATS = 10_000 // of a text by `x`
const PATTERN_SIGNS = /[/|#!,{]/y

/** Reads the expressions of a Perl text. Throws TooMuch at a word that is not known. */
export abstract class PerlExpressions {
  protected readonly scan: PerlScanner
  protected readonly lists: PerlLists
  protected readonly functions: Set<string>
  protected depth: number

  constructor (text: string, lists: PerlLists, functions: Set<string>, depth: number) {
    this.scan = new PerlScanner(text)
    this.lists = lists
    this.functions = functions
    this.depth = depth
  }

  protected abstract block (): void
  /** Reads a text inside of this one that runs. */
  protected abstract code (text: string): void

  protected expression (): void {
    this.#term()
    for (;;) {
      const blank = this.scan.skip()
      const [sign] = this.scan.joined(OPERATOR) ?? []
      if (sign === undefined) return
      // Behind a name and a blank, these may begin another term where none stands behind them.
      if (blank && /^[-+*/%<?]$/.test(sign) && !this.scan.joined(/(?=\s)/y)) throw new TooMuch()
      if (sign === ',' && this.scan.sees(/[)\]};]|$/y)) return
      if (/^x/.test(sign)) {
        const [, count] = this.scan.need(/(?=(\d+)\b(?!\.)|\$|\()/y)
        if (Number(count ?? 0) > MAX_REPEATS) throw new TooMuch()
      }
      this.#term()
    }
  }

  #term (): void {
    this.deeper(() => { this.#value() })
  }

  #value (): void {
    while (this.scan.take(/!(?![~=])|-(?![-A-Za-z])|\+\+(?=\$)|--(?=\$)|\+(?!\+)/y) !== null) continue
    const scan = this.scan
    scan.skip()
    if (scan.take(/\(/y) !== null) {
      if (!scan.sees(/\)/y)) this.expression()
      scan.need(/\)/y)
      return this.#indexes()
    }
    if (scan.take(/<(?:STDIN)?>/y) !== null || scan.take(NUMBER) !== null) return
    if (scan.sees(/[$@%]/y)) this.#variable()
    else if (scan.sees(/['"]/y)) {
      const { text, sign } = scan.quoted(/['"]/y)
      if (sign === '"') checkPerlString(text, this.lists)
    } else if (scan.sees(/\/(?!\/)/y)) this.#matches()
    else this.#word()
  }

  // `(split)[1]`
  #indexes (): void {
    if (this.scan.joined(/\[/y) === null) return
    this.expression()
    this.scan.need(/\]/y)
  }

  #matches (): void {
    checkPerlPattern(this.scan.quoted(PATTERN_SIGNS).text)
    if (this.scan.joined(/[gimsxo]*(?!\w)/y) === null) throw new TooMuch()
  }

  #substitutes (): void {
    const { text, sign } = this.scan.quoted(PATTERN_SIGNS)
    checkPerlPattern(text)
    const put = sign === '{' ? this.scan.quoted(/\{/y).text : this.scan.quotedOn(sign)
    const [flags] = this.scan.joined(/[gimsxr]*e?[gimsxr]*(?!\w)/y) ?? refuse()
    // No code without `e`, yet meant as some.
    if (put.includes('`')) throw new TooMuch()
    if (!flags.includes('e')) return checkPerlString(put, this.lists)
    if (put.includes('\\') && sign !== '{') throw new TooMuch()
    this.code(put)
  }

  #variable (): void {
    const scan = this.scan
    if (scan.take(/\$(?:[-+](?:\[\d\]|\{\w+\})|[.&](?!\w)|\d+|_(?!\w)|[,/\\|](?=\s*=(?!=)))(?![[{'])|\$#(?=[A-Za-z])/y) !== null) {
      if (scan.text.charAt(scan.at - 1) !== '#') return this.#counts()
    }
    const [, sigil = '$', name = ''] = scan.take(/([$@%]?)([A-Za-z]\w*)(?!['\w]|::)/y) ?? []
    if (name === '') return this.#inner()
    if (sigil === '') return this.lists.use('[', name, 0) // `$#name`
    const sort = scan.joined(/(?=[[{])/y) === null ? '' : scan.text.charAt(scan.at)
    if (sigil === '%') return sort === '' ? this.lists.use('{', name, 0) : refuse()
    if (sigil === '@') {
      this.lists.use(sort === '' ? '[' : sort, name, sort === '' ? 0 : 1)
      if (sort !== '') this.#key()
      return
    }
    if (sort === '' ? !isOwnScalar(name) : name === '_') throw new TooMuch()
    if (sort !== '') this.#elements(sort, name, 0)
    this.#counts()
  }

  #counts (): void {
    if (this.scan.joined(/->|\(/y) !== null) throw new TooMuch()
    this.scan.take(/\+\+|--/y)
  }

  #elements (sort: string, name: string, extra: number): void {
    let depth = 0
    do {
      this.#key()
      depth += 1
    } while (this.scan.joined(/(?:->)?(?=[[{])/y) !== null)
    this.lists.use(sort, name, depth + extra)
  }

  // `@{$h{x}}`: the list that is an element of another.
  #inner (): void {
    this.scan.need(/[@%]\{/y)
    const [, name = '', sort = ''] = this.scan.need(/\$([A-Za-z]\w*)(?=([[{]))/y)
    this.#elements(sort, name, 1)
    this.scan.need(/\}/y)
    if (this.scan.joined(/(?=[[{(]|->)/y) !== null) throw new TooMuch()
  }

  #key (): void {
    const [open = ''] = this.scan.need(/[[{]/y)
    if (open === '{' && this.scan.take(/[A-Za-z_]\w*\s*\}/y) !== null) return
    this.expression()
    this.scan.need(open === '{' ? /\}/y : /\]/y)
  }

  #word (): void {
    const scan = this.scan
    if (scan.take(/qw(?=[(/[])/y) !== null) return this.#indexesAfter(scan.quoted(/[(/[]/y).text)
    if (scan.take(/m(?=[/|#!,{])/y) !== null) return this.#matches()
    if (scan.take(/s(?=[/|#!,{])/y) !== null) return this.#substitutes()
    if (scan.take(/(?:tr|y)(?=[/|#!,])/y) !== null) return this.#translates()
    const [word] = scan.need(WORD)
    if (scan.sees(/=>/y)) return // a key
    if (/^(?:my|local)$/.test(word)) return this.#declares(word)
    const follows = FOLLOWS.get(word)
    if (follows !== undefined) return scan.take(follows) !== null || (word !== 'close' && scan.sees(ENDS)) ? undefined : refuse()
    if (!PERL_FUNCTIONS.has(word) && !this.functions.has(word)) throw new TooMuch()
    this.#call(word)
  }

  #indexesAfter (text: string): void {
    if (text.includes('\\')) throw new TooMuch()
    this.#indexes()
  }

  #translates (): void {
    const { sign } = this.scan.quoted(/[/|#!,]/y)
    this.scan.quotedOn(sign)
    if (this.scan.joined(/[cdsr]*(?!\w)/y) === null) throw new TooMuch()
  }

  #declares (word: string): void {
    if (word === 'local') {
      this.scan.need(/\$(?:_(?![\w[{])|[,/\\|](?=\s*[=;]))/y)
      return
    }
    const [names = ''] = this.scan.need(/[$@%][A-Za-z]\w*(?![\w'[{]|::)|\(\s*(?:[$@%][A-Za-z]\w*|undef)(?:\s*,\s*(?:[$@%][A-Za-z]\w*|undef))*\s*\)/y)
    for (const [, sigil, name = ''] of names.matchAll(/([$@%])(\w+)/g)) {
      if (sigil === '$' ? !isOwnScalar(name) || name === 'ARGV' : false) throw new TooMuch()
      if (sigil !== '$' && this.scan.sees(/=/y)) this.lists.use(sigil === '@' ? '[' : '{', name, 0)
    }
  }

  #call (word: string): void {
    const scan = this.scan
    if (/^(?:print|printf|say)$/.test(word)) scan.take(/STD(?:OUT|ERR)\b(?=\s*["'$])/y)
    const bracket = scan.take(/\(/y) !== null
    if (bracket && scan.take(/\)/y) !== null) return PERL_ALONE.has(word) ? undefined : refuse()
    if (PERL_BLOCKS.has(word) && scan.sees(/\{/y)) {
      this.block()
      if (scan.sees(/,/y)) throw new TooMuch()
    }
    if (word === 'split') scan.take(/\/\/(?=\s*[,)])/y)
    // The names of a list of lists are no lists themselves.
    const named = word === 'keys' && scan.take(/%([A-Za-z]\w*)(?![\w'[{]|::)/y)
    if (named !== false && named !== null) this.lists.name(named[1] ?? '')
    else if (!bracket && scan.sees(ENDS)) {
      if (!PERL_ALONE.has(word) && !(word === 'split' && scan.sees(/,/y))) throw new TooMuch()
    } else if (bracket) scan.sees(/,/y) || this.expression()
    else this.#term()
    if (!bracket) return
    while (scan.take(/,/y) !== null) if (!scan.sees(/\)/y)) this.expression()
    scan.need(/\)/y)
    this.#indexes()
  }

  protected deeper (read: () => void): void {
    this.depth += 1
    if (this.depth > MAX_NESTING) throw new TooMuch()
    read()
    this.depth -= 1
  }
}
