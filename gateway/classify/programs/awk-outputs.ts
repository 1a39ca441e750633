// What a print may go to: the program's own streams, and files in /tmp whose names no data have a part in.
const STREAM = /^\/dev\/std(?:out|err)$/
const SCRATCH = /^\/tmp\/(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/

const END = '[ \\t]*(?=[;}\\n]|$)'
const SUM = '(?:[\\w+*/%$ .-]|\\([\\w+*/%$ .-]*\\))+'
// A text, or a number: what `++n` and `int(…)` come to is one, whatever is in the data.
const PIECE = '(?:"[^"\\\\\\n]*"|F?NR\\b|\\+\\+[A-Za-z_]\\w*|[A-Za-z_]\\w*\\+\\+|int\\([\\w+*/% .-]*\\)|\\([ \\t]*F?NR[ \\t]*[-+*/%][ \\t]*\\d+[ \\t]*\\))'
const JOINED = new RegExp(`^(?:${PIECE}(?:[ \\t]+${PIECE})*|\\([ \\t]*${PIECE}(?:[ \\t]+${PIECE})*[ \\t]*\\))${END}`)
const NUMBERED = new RegExp(`^\\(?sprintf\\([ \\t]*"([^"\\\\%\\n]*%0?\\d?d[^"\\\\%\\n]*)",${SUM}\\)\\)?${END}`)
const NAMED = new RegExp(`^([A-Za-z_]\\w*)${END}`)

// How numbers read as texts is said by the first two; the others give `NR` another value.
const STEERS = /\b(?:CONVFMT|SYMTAB)\b|\bF?NR\s*=(?!=)|,\s*F?NR\s*\)|\(\s*F?NR\s+in\b/

// Names to which awk itself gives values as it reads.
const OWN_NAMES = /^(?:FILENAME|F?NR|NF|RT|RSTART|RLENGTH|ARGIND|ARGC|ERRNO|ENVIRON|PROCINFO|SUBSEP|[OF]?FS|O?RS|OFMT|FPAT|FIELDWIDTHS)$/

/** Where an awk program prints to, as it goes on from a `>`. `given` are the values that the command line gives to its names. */
export class AwkOutputs {
  readonly files: string[] = []
  readonly #program: string
  readonly #given: ReadonlyMap<string, string>
  readonly #isSteered: boolean

  constructor (program: string, given: ReadonlyMap<string, string>) {
    this.#program = program
    this.#given = given
    this.#isSteered = STEERS.test(program) || ['CONVFMT', 'NR', 'FNR', '*'].some((name) => given.has(name))
  }

  /** @returns how long a redirection is that goes where it may, else 0 */
  take (at: number): number {
    const rest = this.#program.slice(at, at + 400)
    const [mark = ''] = /^>>?[ \t]*/.exec(rest) ?? []
    const target = rest.slice(mark.length)
    const [whole = '', name = ''] = NAMED.exec(target) ?? []
    const paths = name === '' ? pathsOf(target) : this.#valuesOf(name)
    if (paths === null || !paths.every((path) => STREAM.test(path) || SCRATCH.test(path))) return 0
    if (this.#isSteered && paths.some((path) => !target.startsWith(`"${path}"`))) return 0
    this.files.push(...paths.filter((path) => !STREAM.test(path)))
    return mark.length + (whole === '' ? lengthOf(target) : whole.length)
  }

  // Whatever a name may ever stand for.
  #valuesOf (name: string): readonly string[] | null {
    const given = this.#given.get(name)
    const takes = new RegExp(`,\\s*${name}\\s*\\)|\\(\\s*${name}\\s+in\\b|\\bfunction\\b|\\bfunc\\b|\\b${name}\\s*(?:[[^%*/+-]|\\*\\*)|\\(\\s*${name}\\s*\\)\\s*=(?!=)|(?:\\+\\+|--)\\s*${name}\\b`)
    if (OWN_NAMES.test(name) || takes.test(this.#program) || this.#isSteered) return null
    const set = this.#program.split(new RegExp(`\\b${name}\\s*=(?!=)`)).slice(1).map((rest) => pathsOf(rest.trimStart().slice(0, 400)))
    if (set.some((paths) => paths === null)) return null
    const paths = [...given === undefined ? [] : [given], ...set.flatMap((found) => found ?? [])]
    return paths.length === 0 ? null : paths
  }
}

// The name that is written out, with a number where one stands.
function pathsOf (target: string): readonly string[] | null {
  const format = NUMBERED.exec(target)?.[1]
  if (format !== undefined) return [format.replace(/%0?\d?d/, '0')]
  const joined = JOINED.exec(target)?.[0]
  if (joined === undefined) return null
  return [joined.split('"').map((part, at) => at % 2 === 1 ? part : /[A-Za-z]/.test(part) ? '0' : '').join('')]
}

function lengthOf (target: string): number {
  return NUMBERED.exec(target)?.[0].length ?? JOINED.exec(target)?.[0].length ?? 0
}
